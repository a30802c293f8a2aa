import type { ProcessRoom } from '../../platform/ports.ts';

/** What the native library takes for its loops and one connection, and some more for what else happens meanwhile. */
const nativeRoom: ProcessRoom = { descriptors: 12, threads: 8 };

/**
 * Why the native library must not be used now, as a clause that stays the same while that is so: it ends the whole process when it
 * gets no thread or descriptor.
 */
export function lackOfRoom({ descriptors, threads }: ProcessRoom): string | undefined {
  if (descriptors < nativeRoom.descriptors) {
    return `the link needs ${nativeRoom.descriptors} more open files, which the limit of this process does not leave: raise LimitNOFILE (ulimit -n)`;
  }
  if (threads < nativeRoom.threads) {
    return `the link needs ${nativeRoom.threads} more threads, which the limits here do not leave: raise TasksMax or LimitNPROC (ulimit -u)`;
  }
  return undefined;
}
