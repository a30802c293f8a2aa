/** What the machine is asked to hold an app host to, and the engine's flags for it. */
import type { Hold } from '../../platform/ports.ts';
import type { DeployedApplication } from '../../schemas/generated/types.ts';
import { instancesMax, memoryBytesOfAll, snapshotBytesMax } from './limits.ts';
import type { ApplicationClass, HostPlan, Placeable } from './placement.ts';

type Limited = Placeable & Pick<DeployedApplication, 'limits' | 'events' | 'tmp' | 'kv' | 'length' | 'links'>;

/** Critical ones first, background ones only where nobody else wants to run. */
const ofClass: Readonly<Record<ApplicationClass, { readonly niceness: number; readonly cpuWeight: number }>> = {
  critical: { niceness: -5, cpuWeight: 400 },
  standard: { niceness: 0, cpuWeight: 100 },
  background: { niceness: 10, cpuWeight: 20 },
};

/** What a host's process takes beside its guests' memories. */
const ownBytes = 96 * 2 ** 20;
/** The heap of a shared host: system calls, logs, tables. */
const sharedHeapMegabytes = 128;
/** On top of what a guest may keep on the heap of its own process. */
const ownHeapMegabytes = 16;

/** Where memories are not guarded by addresses, each reserves what it may grow to and not eight gigabytes. */
const smallAddressesFlag = '--disable-wasm-trap-handler';

/** Of all instances at once; a file in memory may have as much room again to grow into. */
function tmpBytesMax(application: Limited): number {
  return 2 * (application.tmp?.bytesMax ?? 0) * instancesMax(application);
}

/** Of values of keys that are being written: what was there, and as much again to grow into. */
function kvBytesMax(application: Limited): number {
  return 2 * (application.kv?.bytesMax ?? 0);
}

/** Of its modules: as each is read, as the engine keeps it, and what is compiled of it. */
function moduleBytesMax({ length, links = {} }: Limited): number {
  return 3 * Object.values(links).reduce((sum, module) => sum + module.length, length);
}

/** What a process for these applications is held to. */
export function holdOf({ key, class: applicationClass, applications }: HostPlan<Limited>): Hold {
  const guestBytes = applications.reduce(
    (sum, one) =>
      sum + memoryBytesOfAll(one) + tmpBytesMax(one) + kvBytesMax(one) + snapshotBytesMax(one) + moduleBytesMax(one),
    0,
  );
  return { ...ofClass[applicationClass], group: key, memoryBytesMax: ownBytes + guestBytes };
}

/** What the door for requests is held to. */
export const doorHold: Hold = { niceness: 0, group: 'http', cpuWeight: 100, memoryBytesMax: ownBytes };

/** Flags of the engine: an own process's heap is its guest's, and its end ends nobody else. */
export function hostFlags({ isOwn, applications }: HostPlan<Limited>, hasFewAddresses: boolean): readonly string[] {
  const guestMegabytes = Math.ceil(applications.reduce((sum, one) => sum + memoryBytesOfAll(one), 0) / 2 ** 20);
  const heapMegabytes = isOwn ? guestMegabytes + ownHeapMegabytes : sharedHeapMegabytes;
  return [`--max-old-space-size=${heapMegabytes}`, ...(hasFewAddresses ? [smallAddressesFlag] : [])];
}
