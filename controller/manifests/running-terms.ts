import type { Application, DeployedApplication } from '../../schemas/generated/types.ts';

type RunningTerms = Pick<DeployedApplication, 'class' | 'isolation' | 'limits'>;

const unitBytes: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** `64MiB` in bytes; the schema has seen to its form. */
function bytesOf(quantity: string): number {
  return Number.parseInt(quantity, 10) * unitBytes[quantity.slice(-3)]!;
}

/** What a manifest says of where an application runs and how far it may go; what it leaves to the device is not named. */
export function runningTerms({ class: ofClass, isolation, limits }: Application['spec']): RunningTerms {
  const { memory, ...fuel } = limits ?? {};
  return {
    ...(ofClass === undefined ? {} : { class: ofClass }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(limits === undefined
      ? {}
      : { limits: { ...(memory === undefined ? {} : { memoryBytes: bytesOf(memory) }), ...fuel } }),
  };
}
