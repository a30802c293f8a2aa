/** What a module exports that migrates its state: one writes it to its standard output, the other reads it from its input. */
export const migration = { export: 'fleet_export_state', import: 'fleet_import_state' } as const;

/** How an application uses its own module: it runs it, runs it for each event, or starts it once and calls it for each. */
export type ModuleUse =
  | { readonly kind: 'run' }
  | { readonly kind: 'run-for-events' }
  | {
      readonly kind: 'called';
      readonly handler: string;
      /** A function that it is called at to tell how it does. */
      readonly asked?: string;
      /** Fields of the manifest by which its state is to be carried from one instance to another. */
      readonly carriedBy: readonly string[];
      /** Whether it writes its state, and reads that of the release before it. */
      readonly isMigrating: boolean;
    };

/** What of an application, as a manifest or a deployment has it, decides the use of its module. */
interface Used {
  readonly trigger?: object;
  readonly handover?: 'none' | 'snapshot' | 'migrate';
  readonly health?: { readonly call?: { readonly function: string } };
  readonly events?: { readonly instance?: 'fresh' | 'kept'; readonly handler?: string; readonly snapshots?: object };
}

/** The use that it makes of the module. */
export function moduleUse({ trigger, events, handover, health }: Used): ModuleUse {
  if (trigger === undefined) return { kind: 'run' };
  if (events?.instance !== 'kept') return { kind: 'run-for-events' };
  const carriedBy = [
    ...(events.snapshots === undefined ? [] : ['events.snapshots']),
    ...(handover === 'snapshot' ? ['handover: snapshot'] : []),
  ];
  const asked = health?.call?.function;
  return {
    ...{ kind: 'called', handler: events.handler ?? '', carriedBy, isMigrating: handover === 'migrate' },
    ...(asked === undefined ? {} : { asked }),
  };
}
