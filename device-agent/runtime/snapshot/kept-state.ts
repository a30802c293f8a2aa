import type { DeployedApplication } from '../../../schemas/generated/types.ts';

/** Whether the state of an application's instance is carried over to the one that comes after it. */
export function hasKeptState({ events }: Pick<DeployedApplication, 'events'>): boolean {
  return events?.instance === 'kept' && events.snapshots !== undefined;
}
