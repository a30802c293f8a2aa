import type { DeployedApplication } from '../../../../schemas/generated/types.ts';
import { instancesMax } from '../../limits.ts';

/** How events are handled where the manifest does not say. */
const eventDefaults = { instance: 'fresh', queue: 16, timeLimitMs: 10_000 } as const;

/** How an application's events are handled; fuel is that of one event. */
export interface EventTerms {
  readonly instance: 'fresh' | 'kept';
  readonly concurrency: number;
  readonly queue: number;
  readonly timeLimitMs: number;
  readonly fuel?: number;
}

/** The terms with what the manifest leaves out. */
export function eventTerms(application: Pick<DeployedApplication, 'events'>): EventTerms {
  return { ...eventDefaults, ...application.events, concurrency: instancesMax(application) };
}
