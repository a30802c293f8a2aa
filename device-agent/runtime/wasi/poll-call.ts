/**
 * poll_oneoff. A subscription is 48 bytes: userdata u64, tag u8 at 8, then from 16 on either clock u32, timeout u64 at 24,
 * precision u64, flags u16 at 40, or a descriptor u32. An event is 32 bytes: userdata u64, error u16 at 8, type u8 at 10,
 * bytes ready u64 at 16, flags u16 at 24.
 */
import type { DescriptorTable } from './descriptors.ts';
import { CallFailure, type Errno, errno } from './errno.ts';
import type { GuestMemory } from './guest-memory.ts';
import { clockNanoseconds } from './program-calls.ts';
import type { GuestWorld, SystemCalls } from './world.ts';

const subscriptionBytes = 48;
const eventBytes = 32;
const subscriptionsMax = 1024;
const monotonicClock = 1;
/** The wall clock may be set while we sleep, so it is looked at again at least this often. */
const sliceMsMax = 60_000;

interface Timer {
  readonly kind: 'clock';
  readonly userdata: bigint;
  readonly clock: number;
  /** On that clock. */
  readonly dueNanoseconds: bigint;
}

interface Event {
  readonly userdata: bigint;
  readonly type: number;
  readonly error: Errno;
  readonly bytesReady: bigint;
}

function readDescriptorEvent(descriptors: DescriptorTable, type: number, number: number, userdata: bigint): Event {
  const event = { userdata, type, bytesReady: 0n };
  try {
    const descriptor = descriptors.get(number);
    const reads = descriptor.kind === 'input' || descriptor.kind === 'file';
    const fits = type === 1 ? reads : descriptor.kind === 'output';
    if (!fits) return { ...event, error: errno.notCapable };
    const left = descriptor.kind === 'file' ? Math.max(0, descriptor.file.bytes.length - descriptor.position) : 0;
    return { ...event, error: errno.success, bytesReady: BigInt(left) };
  } catch (error) {
    if (error instanceof CallFailure) return { ...event, error: error.errno };
    throw error;
  }
}

function readSubscription(view: DataView, world: GuestWorld, descriptors: DescriptorTable): Timer | Event {
  const userdata = view.getBigUint64(0, true);
  const tag = view.getUint8(8);
  if (tag === 1 || tag === 2) return readDescriptorEvent(descriptors, tag, view.getUint32(16, true), userdata);
  if (tag !== 0) throw new CallFailure(errno.invalid);
  const clock = view.getUint32(16, true);
  const timeout = view.getBigUint64(24, true);
  const isAbsolute = (view.getUint16(40, true) & 1) === 1;
  if (isAbsolute) return { kind: 'clock', userdata, clock, dueNanoseconds: timeout };
  if (clock > monotonicClock) throw new CallFailure(errno.notSupported);
  // A time from now on lasts as long as it says, also when the wall clock is set meanwhile.
  const dueNanoseconds = clockNanoseconds(world, monotonicClock) + timeout;
  return { kind: 'clock', userdata, clock: monotonicClock, dueNanoseconds };
}

/** Sleeps until at least one of the timers is due and gives those that are. */
async function sleepUntilDue(timers: readonly Timer[], world: GuestWorld): Promise<Timer[]> {
  for (;;) {
    const left = timers.map((timer) => timer.dueNanoseconds - clockNanoseconds(world, timer.clock));
    const due = timers.filter((_, index) => left[index]! <= 0n);
    if (due.length > 0) return due;
    const leastMs = Math.min(...left.map((nanoseconds) => Number(nanoseconds) / 1e6));
    await world.wait(Math.min(leastMs, sliceMsMax));
  }
}

function writeEvent(view: DataView, event: Event): void {
  for (let at = 0; at < eventBytes; at += 8) view.setBigUint64(at, 0n, true);
  view.setBigUint64(0, event.userdata, true);
  view.setUint16(8, event.error, true);
  view.setUint8(10, event.type);
  view.setBigUint64(16, event.bytesReady, true);
}

export function pollCall(world: GuestWorld, memory: GuestMemory, descriptors: DescriptorTable): SystemCalls {
  return {
    poll_oneoff: (input: number, output: number, count: number, countPointer: number): Errno | Promise<Errno> => {
      if (count < 1 || count > subscriptionsMax) return errno.invalid;
      memory.bytes(output, count * eventBytes);
      memory.bytes(countPointer, 4);
      const timers: Timer[] = [];
      const events: Event[] = [];
      for (let index = 0; index < count; index++) {
        const view = memory.view((input >>> 0) + index * subscriptionBytes, subscriptionBytes);
        const read = readSubscription(view, world, descriptors);
        if ('kind' in read) timers.push(read);
        else events.push(read);
      }
      const finish = (happened: readonly Event[]): Errno => {
        for (const [index, event] of happened.entries()) {
          writeEvent(memory.view((output >>> 0) + index * eventBytes, eventBytes), event);
        }
        memory.setU32(countPointer, happened.length);
        return errno.success;
      };
      if (events.length > 0) return finish(events);
      return sleepUntilDue(timers, world).then((due) =>
        finish(due.map(({ userdata }) => ({ userdata, type: 0, error: errno.success, bytesReady: 0n }))),
      );
    },
  };
}
