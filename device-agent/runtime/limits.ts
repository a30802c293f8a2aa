/** How far an application may go where its manifest does not say. */
import type { DeployedApplication } from '../../schemas/generated/types.ts';

/** Memory of one application; most that run on devices need a tenth, and two of them still fit a small device. */
export const memoryBytesDefault = 64 * 2 ** 20;

/** Elements of one table: a table of references lies on the engine's heap, which all of a process share. */
export const tableElementsMax = 100_000;

/** A function this large keeps its thread for a tenth of a second and more when it is first called: not a shared one. */
export const sharedBodyBytesMax = 100_000;

const pageBytes = 65_536;

/** The most the memory of one instance may grow to, in bytes. */
export function memoryBytesMax({ limits }: Pick<DeployedApplication, 'limits'>): number {
  return limits?.memoryBytes ?? memoryBytesDefault;
}

/** Instances of an application that may be at work at once. */
export function instancesMax({ events }: Pick<DeployedApplication, 'events'>): number {
  return events?.concurrency ?? 1;
}

/** The most that all its instances together may take, in bytes: each of its modules has a memory of its own. */
export function memoryBytesOfAll(application: Pick<DeployedApplication, 'limits' | 'events' | 'links'>): number {
  const modules = 1 + Object.keys(application.links ?? {}).length;
  return memoryBytesMax(application) * modules * instancesMax(application);
}

/** What the memory of one instance may grow to, in pages of 64 KiB, rounded down. */
export function memoryPagesMax(application: Pick<DeployedApplication, 'limits'>): number {
  return Math.floor(memoryBytesMax(application) / pageBytes);
}
