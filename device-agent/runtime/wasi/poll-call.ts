/** poll_oneoff: waits for clocks and streams at once. */
import { andThen } from '../../../platform/and-then.ts';
import type { Readiness } from '../../../platform/streams.ts';
import { until } from '../primitives/waiting.ts';
import type { Descriptor } from './descriptors.ts';
import { CallFailure, type Errno, errno, errnoOf } from './errno.ts';
import type { Answer, Call, Context, Guest } from './guest.ts';
import { eventBytes, type PollEvent, readSubscription, type Subscription, writeEvent } from './layout.ts';
import { clockNanoseconds, monotonic } from './program-calls.ts';
import { right } from './rights.ts';

const subscriptionsMax = 1024;
/** The wall clock may be set while we sleep, so it is looked at again at least this often. */
const sliceMsMax = 60_000;

/** What one subscription waits for: its event once it is due, and until then what to wait for, or how long. */
interface Awaited {
  readonly event: () => PollEvent | undefined;
  readonly source?: Readiness;
  /** Milliseconds until it is due. */
  readonly leftMs?: () => number;
}

function awaitClock(guest: Guest, subscription: Subscription & { kind: 'clock' }): Awaited {
  const { userdata, timeout, isAbsolute } = subscription;
  const { world } = guest;
  // A time from now on lasts as long as it says, also when the wall clock is set meanwhile.
  const clock = isAbsolute || subscription.clock > monotonic ? subscription.clock : monotonic;
  const due = isAbsolute ? timeout : clockNanoseconds(world, clock) + timeout;
  const left = (): bigint => due - clockNanoseconds(world, clock);
  const event = { userdata, kind: 'clock', error: errno.success, bytesReady: 0, isHungUp: false } as const;
  return { event: () => (left() <= 0n ? event : undefined), leftMs: () => Number(left()) / 1e6 };
}

interface Ready {
  readonly source: Readiness | undefined;
  readonly bytes: () => number;
  readonly isHungUp: () => boolean;
}

const atOnce: Ready = { source: undefined, bytes: () => 0, isHungUp: () => false };

function readiness({ target, position }: Descriptor, kind: 'read' | 'write'): Ready {
  if (target.kind === 'file') {
    return { ...atOnce, bytes: () => (kind === 'read' ? Math.max(0, target.file.size() - position) : 0) };
  }
  if (target.kind === 'listener' && kind === 'read') return { ...atOnce, source: target.listener };
  const connection = target.kind === 'connection' ? target.connection : undefined;
  const input = target.kind === 'input' ? target.stream : connection?.input;
  if (kind === 'read' && input !== undefined) {
    return { source: input, bytes: () => input.available(), isHungUp: () => input.hasEnded() };
  }
  const output = target.kind === 'output' ? target.stream : connection?.output;
  if (kind === 'write' && output !== undefined) return { ...atOnce, source: output };
  throw new CallFailure(errno.badDescriptor);
}

function awaitStream(guest: Guest, { userdata, kind, descriptor }: Subscription & { kind: 'read' | 'write' }): Awaited {
  const event = (error: Errno, bytesReady = 0, isHungUp = false) => ({ userdata, kind, error, bytesReady, isHungUp });
  try {
    const opened = guest.descriptors.with(
      descriptor,
      kind === 'read' ? right.poll | right.read : right.poll | right.write,
    );
    const { source, bytes, isHungUp } = readiness(opened, kind);
    return {
      event: () => ((source?.isReady() ?? true) ? event(errno.success, bytes(), isHungUp()) : undefined),
      ...(source === undefined ? {} : { source }),
    };
  } catch (error) {
    const number = errnoOf(error);
    return { event: () => event(number) };
  }
}

function readSubscriptions({ guest, dialect }: Context, input: number, count: number): Awaited[] {
  return Array.from({ length: count }, (_, index) => {
    const at = (input >>> 0) + index * dialect.subscriptionBytes;
    const subscription = readSubscription(guest.memory.view(at, dialect.subscriptionBytes), dialect);
    if (subscription === undefined) throw new CallFailure(errno.invalid);
    return subscription.kind === 'clock' ? awaitClock(guest, subscription) : awaitStream(guest, subscription);
  });
}

/** Waits until one is due and gives the events of all that are. */
function dueEvents(guest: Guest, awaited: readonly Awaited[]): PollEvent[] | Promise<PollEvent[]> {
  const sources = awaited.flatMap(({ source }) => source ?? []);
  const due = (): PollEvent[] | undefined => {
    const events = awaited.flatMap(({ event }) => event() ?? []);
    return events.length > 0 ? events : undefined;
  };
  return until(due, () => {
    const leastMs = Math.min(...awaited.map(({ leftMs }) => leftMs?.() ?? Number.POSITIVE_INFINITY));
    return guest.world.wait(sources, Number.isFinite(leastMs) ? Math.min(leastMs, sliceMsMax) : leastMs);
  });
}

function pollOneoff(context: Context, input: number, output: number, count: number, countPointer: number): Answer {
  const { memory } = context.guest;
  if (count < 1 || count > subscriptionsMax) return errno.invalid;
  memory.bytes(output, count * eventBytes);
  memory.bytes(countPointer, 4);
  context.guest.move(count * context.dialect.subscriptionBytes);
  const answer = (events: readonly PollEvent[]): undefined => {
    for (const [index, event] of events.entries()) {
      writeEvent(memory.view((output >>> 0) + index * eventBytes, eventBytes), event);
    }
    memory.setU32(countPointer, events.length);
  };
  return andThen(dueEvents(context.guest, readSubscriptions(context, input, count)), answer);
}

/** The call by its name. */
export const pollCall = { poll_oneoff: pollOneoff } satisfies Readonly<Record<string, Call>>;
