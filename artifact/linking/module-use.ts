import { exportedSignature } from '../admission/exported-function.ts';
import type { ModuleEntry } from '../admission/verdict.ts';
import { showState, UncapturableState } from '../snapshot/show-state.ts';

/** What a module exports that migrates its state: one writes it to its standard output, the other reads it from its input. */
export const migration = { export: 'fleet_export_state', import: 'fleet_import_state' } as const;

/** How an application uses its own module: it runs it, runs it for each event, or starts it once and calls it for each. */
export type ModuleUse =
  | { readonly kind: 'run' }
  | { readonly kind: 'run-for-events' }
  | {
      readonly kind: 'called';
      readonly handler: string;
      /** Fields of the manifest by which its state is to be carried from one instance to another. */
      readonly carriedBy: readonly string[];
      /** Whether it writes its state, and reads that of the release before it. */
      readonly isMigrating: boolean;
    };

/** What of an application, as a manifest or a deployment has it, decides the use of its module. */
interface Used {
  readonly trigger?: object;
  readonly handover?: 'none' | 'snapshot' | 'migrate';
  readonly events?: { readonly instance?: 'fresh' | 'kept'; readonly handler?: string; readonly snapshots?: object };
}

/** The use that it makes of the module. */
export function moduleUse({ trigger, events, handover }: Used): ModuleUse {
  if (trigger === undefined) return { kind: 'run' };
  if (events?.instance !== 'kept') return { kind: 'run-for-events' };
  const carriedBy = [
    ...(events.snapshots === undefined ? [] : ['events.snapshots']),
    ...(handover === 'snapshot' ? ['handover: snapshot'] : []),
  ];
  return { kind: 'called', handler: events.handler ?? '', carriedBy, isMigrating: handover === 'migrate' };
}

/** Why a module, whose entry is this, can't be used so; each reason starts with a small letter. */
export function useProblems(bytes: Uint8Array, entry: ModuleEntry, use: ModuleUse): readonly string[] {
  if (use.kind === 'run' || entry === 'library') return [];
  if (use.kind === 'run-for-events')
    return entry === 'command'
      ? []
      : ['it is a reactor, and each event starts a program (_start); events.instance: kept calls what it exports'];
  if (entry === 'command')
    return ['it is a program (_start), which ends; events.instance: kept calls a reactor (_initialize)'];
  return [
    ...calledProblems(bytes, use.handler, 'events.handler'),
    ...(use.carriedBy.length > 0 ? stateProblems(bytes, use.carriedBy.join(', ')) : []),
    ...(use.isMigrating
      ? Object.values(migration).flatMap((name) => calledProblems(bytes, name, 'handover: migrate'))
      : []),
  ];
}

/** What of its state shows already that it can't be carried over. */
function stateProblems(bytes: Uint8Array, field: string): readonly string[] {
  try {
    showState(bytes, []);
    return [];
  } catch (error) {
    if (!(error instanceof UncapturableState)) throw error;
    return [`its state can not be kept (${field}): ${error.message}`];
  }
}

/** Nothing in, and out nothing or an i32, the exit code of the event. */
const calledSignatures: readonly string[] = ['>', '>i'];

function calledProblems(bytes: Uint8Array, name: string, field: string): readonly string[] {
  const found = exportedSignature(bytes, name);
  if (found.signature === undefined) {
    const names = found.functions.slice(0, 8).join(', ');
    return [`it exports no function ${name} (${field}); it exports ${names || 'none'}`];
  }
  if (calledSignatures.includes(found.signature)) return [];
  return [`its ${name} (${field}) must take nothing and give nothing or an i32`];
}
