/**
 * How records lie in a guest's memory, little-endian: in preview 1, and in its elder `wasi_unstable` (preview 0), whose calls
 * are the same but for the order of `whence` and the layout of two records.
 */
import type { NodeKind, NodeStat } from '../../../platform/file-handles.ts';
import type { Descriptor } from './descriptors.ts';
import type { Errno } from './errno.ts';

/** From where fd_seek counts. */
export type Whence = 'start' | 'current' | 'end';

/** A subscription of poll_oneoff. */
export type Subscription =
  | {
      readonly kind: 'clock';
      readonly userdata: bigint;
      readonly clock: number;
      readonly timeout: bigint;
      readonly isAbsolute: boolean;
    }
  | { readonly kind: 'read' | 'write'; readonly userdata: bigint; readonly descriptor: number };

/** What differs between the two. */
export interface Dialect {
  readonly whences: readonly Whence[];
  readonly statBytes: number;
  /** Where links (u64, in preview 0 u32) and size lie; three times follow the size. */
  readonly statLinksAt: number;
  readonly statLinksBytes: 4 | 8;
  readonly statSizeAt: number;
  readonly subscriptionBytes: number;
  /** Where the clock's number lies; its timeout and precision follow on the next multiples of 8. */
  readonly clockAt: number;
}

/** `wasi_snapshot_preview1`. */
export const preview1Dialect: Dialect = {
  whences: ['start', 'current', 'end'],
  statBytes: 64,
  statLinksAt: 24,
  statLinksBytes: 8,
  statSizeAt: 32,
  subscriptionBytes: 48,
  clockAt: 16,
};

/** `wasi_unstable`. */
export const preview0Dialect: Dialect = {
  whences: ['current', 'end', 'start'],
  statBytes: 56,
  statLinksAt: 20,
  statLinksBytes: 4,
  statSizeAt: 24,
  subscriptionBytes: 56,
  clockAt: 24,
};

const fileType = { unknown: 0, characterDevice: 2, directory: 3, file: 4, stream: 6, link: 7 } as const;
const typeOfKind: Readonly<Record<NodeKind, number>> = {
  file: fileType.file,
  directory: fileType.directory,
  link: fileType.link,
  other: fileType.unknown,
};

function typeOfDescriptor({ target }: Descriptor): number {
  switch (target.kind) {
    case 'file':
      return fileType.file;
    case 'directory':
      return fileType.directory;
    case 'input':
    case 'output':
      return target.stream.isTerminal ? fileType.characterDevice : fileType.unknown;
    case 'connection':
    case 'listener':
      return fileType.stream;
    default:
      throw new Error(target satisfies never);
  }
}

function clear(view: DataView): void {
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(0);
}

/** fdstat, 24 bytes: type u8, flags u16 at 2, rights u64 at 8, inherited rights u64 at 16. */
export function writeDescriptorStat(view: DataView, descriptor: Descriptor): void {
  clear(view);
  view.setUint8(0, typeOfDescriptor(descriptor));
  view.setUint16(2, descriptor.flags, true);
  view.setBigUint64(8, descriptor.rights.base, true);
  view.setBigUint64(16, descriptor.rights.inheriting, true);
}

/** filestat: device u64, inode u64, type u8 at 16, then as the dialect says. */
export function writeNodeStat(view: DataView, dialect: Dialect, stat: NodeStat): void {
  clear(view);
  view.setBigUint64(0, stat.device, true);
  view.setBigUint64(8, stat.inode, true);
  view.setUint8(16, typeOfKind[stat.kind]);
  if (dialect.statLinksBytes === 8) view.setBigUint64(dialect.statLinksAt, stat.links, true);
  else view.setUint32(dialect.statLinksAt, Number(stat.links), true);
  for (const [index, value] of [BigInt(stat.bytes), stat.accessed, stat.modified, stat.changed].entries()) {
    view.setBigUint64(dialect.statSizeAt + index * 8, value, true);
  }
}

/** filestat of a descriptor that is no node of a file system. */
export function writeStreamStat(view: DataView, descriptor: Descriptor): void {
  clear(view);
  view.setUint8(16, typeOfDescriptor(descriptor));
}

const encoder = new TextEncoder();
const direntBytes = 24;

/** dirent: cookie of the next entry u64, inode u64, length of the name u32, type u8 at 20; 24 bytes, then the name. */
export function directoryRecord(next: number, name: string, inode: bigint, kind: NodeKind): Uint8Array {
  const nameBytes = encoder.encode(name);
  const record = new Uint8Array(direntBytes + nameBytes.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(next), true);
  view.setBigUint64(8, inode, true);
  view.setUint32(16, nameBytes.length, true);
  view.setUint8(20, typeOfKind[kind]);
  record.set(nameBytes, direntBytes);
  return record;
}

/** subscription: userdata u64, tag u8 at 8, then a descriptor u32 at 16 or a clock; undefined for a tag that is none. */
export function readSubscription(view: DataView, { clockAt }: Dialect): Subscription | undefined {
  const userdata = view.getBigUint64(0, true);
  const tag = view.getUint8(8);
  if (tag === 1 || tag === 2) {
    return { kind: tag === 1 ? 'read' : 'write', userdata, descriptor: view.getUint32(16, true) };
  }
  if (tag !== 0) return undefined;
  return {
    kind: 'clock',
    userdata,
    clock: view.getUint32(clockAt, true),
    timeout: view.getBigUint64(clockAt + 8, true),
    isAbsolute: (view.getUint16(clockAt + 24, true) & 1) === 1,
  };
}

/** An event of poll_oneoff. */
export interface PollEvent {
  readonly userdata: bigint;
  readonly kind: Subscription['kind'];
  readonly error: Errno;
  readonly bytesReady: number;
  /** The other end is gone. */
  readonly isHungUp: boolean;
}

/** Bytes of an event. */
export const eventBytes = 32;
const eventTypes = { clock: 0, read: 1, write: 2 } as const;

/** event: userdata u64, error u16 at 8, type u8 at 10, bytes ready u64 at 16, flags u16 at 24. */
export function writeEvent(view: DataView, event: PollEvent): void {
  clear(view);
  view.setBigUint64(0, event.userdata, true);
  view.setUint16(8, event.error, true);
  view.setUint8(10, eventTypes[event.kind]);
  view.setBigUint64(16, BigInt(event.bytesReady), true);
  view.setUint16(24, event.isHungUp ? 1 : 0, true);
}
