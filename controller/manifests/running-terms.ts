import type { DeployedApplication } from '../../schemas/generated/types.ts';
import type { ApplicationTerms } from './definition.ts';
import { bytesOf } from './quantity.ts';

type RunningTerms = Pick<DeployedApplication, 'class' | 'isolation' | 'limits'>;

/** What a manifest says of where an application runs and how far it may go; what it leaves to the device is not named. */
export function runningTerms({ class: ofClass, isolation, limits }: ApplicationTerms): RunningTerms {
  const { memory, ...fuel } = limits ?? {};
  return {
    ...(ofClass === undefined ? {} : { class: ofClass }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(limits === undefined
      ? {}
      : { limits: { ...(memory === undefined ? {} : { memoryBytes: bytesOf(memory) }), ...fuel } }),
  };
}
