/** The flags that calls take, as bits, and how they are checked. */
import type { NodeTimes } from '../../../platform/file-handles.ts';
import { CallFailure, errno } from './errno.ts';

/** Flags of a descriptor. */
export const descriptorFlag = { append: 1, dataSync: 2, nonBlocking: 4, readSync: 8, sync: 16 } as const;
/** Flags of path_open. */
export const openFlag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;

const timesFlag = { accessed: 1, accessedNow: 2, modified: 4, modifiedNow: 8 } as const;

/** The flags, if they are all among `known`. */
export function checkedFlags(flags: number, known: Readonly<Record<string, number>>): number {
  const all = Object.values(known).reduce((sum, flag) => sum | flag, 0);
  if ((flags & ~all) !== 0) throw new CallFailure(errno.invalid);
  return flags;
}

/** Whether a link at the end of a path is followed. */
export function follows(lookupFlags: number): boolean {
  return checkedFlags(lookupFlags, { follow: 1 }) === 1;
}

/** What the flags of set_times ask for. */
export function timesOf(flags: number, accessed: bigint, modified: bigint, now: bigint): NodeTimes {
  checkedFlags(flags, timesFlag);
  const one = (value: bigint, set: number, setNow: number): bigint | undefined => {
    if (flags & set && flags & setNow) throw new CallFailure(errno.invalid);
    if (flags & setNow) return now;
    return flags & set ? BigInt.asUintN(64, value) : undefined;
  };
  const toAccessed = one(accessed, timesFlag.accessed, timesFlag.accessedNow);
  const toModified = one(modified, timesFlag.modified, timesFlag.modifiedNow);
  return {
    ...(toAccessed === undefined ? {} : { accessed: toAccessed }),
    ...(toModified === undefined ? {} : { modified: toModified }),
  };
}
