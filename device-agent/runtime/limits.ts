/** How far an application may go where its manifest does not say. */
import type { DeployedApplication } from '../../schemas/generated/types.ts';
import { memoryBytesMax } from '../../schemas/memory-limit.ts';
import { hasKeptState } from './snapshot/kept-state.ts';

/** A function this large keeps its thread for a tenth of a second and more when it is first called: not a shared one. */
export const sharedBodyBytesMax = 100_000;

/** Who takes longer to make an instance than this keeps its thread so long for each event: not a shared one. */
export const sharedInstanceMicrosecondsMax = 10_000;

/** One instruction that nothing interrupts may fill a whole memory: three milliseconds for so much that is mapped already. */
export const sharedBulkPagesMax = 1_024;

/** Instances of an application that may be at work at once. */
export function instancesMax({ events }: Pick<DeployedApplication, 'events'>): number {
  return events?.concurrency ?? 1;
}

/** The most that all its instances together may take, in bytes: each of its modules has a memory of its own. */
export function memoryBytesOfAll(application: Pick<DeployedApplication, 'limits' | 'events' | 'links'>): number {
  const modules = 1 + Object.keys(application.links ?? {}).length;
  return memoryBytesMax(application) * modules * instancesMax(application);
}

/** What is held of a state while it is written down: a copy of the memory, and that compressed. */
export function snapshotBytesMax(application: Pick<DeployedApplication, 'limits' | 'events'>): number {
  return hasKeptState(application) ? 2 * memoryBytesMax(application) : 0;
}
