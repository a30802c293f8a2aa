/** Calls that wait: a guest is suspended while it does, and its thread is free. */
import test from 'ava';
import { ChannelInput } from '../../../../device-agent/runtime/channels/channel-streams.ts';
import { MessageQueue } from '../../../../device-agent/runtime/channels/message-queue.ts';
import { suspendingWait } from '../../../../device-agent/runtime/primitives/waiting.ts';
import { errno } from '../../../../device-agent/runtime/wasi/errno.ts';
import type { Connection, InputStream, Listener } from '../../../../platform/streams.ts';
import { newGuest, read, write } from './guest.ts';

/** A clock whose timers fire when the test says so. */
function manualClock() {
  const timers = new Map<symbol, { dueMs: number; callback: () => void }>();
  let nowMs = 0;
  return {
    monotonic: () => nowMs,
    pending: () => timers.size,
    after: (delayMs: number, callback: () => void): Disposable => {
      const key = Symbol('timer');
      timers.set(key, { dueMs: nowMs + delayMs, callback });
      return { [Symbol.dispose]: () => timers.delete(key) };
    },
    advance: (ms: number): void => {
      nowMs += ms;
      for (const [key, { dueMs, callback }] of [...timers]) {
        if (dueMs <= nowMs && timers.delete(key)) callback();
      }
    },
  };
}

/** An input that the test fills. */
function manualInput() {
  let held: Uint8Array = new Uint8Array(0);
  let isAtEnd = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const callback of [...waiting]) callback();
  };
  const input: InputStream = {
    isReady: () => held.length > 0 || isAtEnd,
    onReady: (callback) => {
      waiting.add(callback);
      return { [Symbol.dispose]: () => waiting.delete(callback) };
    },
    read: (into) => {
      const part = held.subarray(0, into.length);
      into.set(part);
      held = held.subarray(part.length);
      return part.length;
    },
    available: () => held.length,
    hasEnded: () => isAtEnd && held.length === 0,
  };
  return {
    input,
    waiters: () => waiting.size,
    give: (text: string): void => {
      held = new TextEncoder().encode(text);
      wake();
    },
    end: (): void => {
      isAtEnd = true;
      wake();
    },
  };
}

function subscribe(guest: ReturnType<typeof newGuest>, at: number, tag: 'clock' | 'stdin', nanoseconds = 0n): void {
  const view = guest.view();
  view.setBigUint64(at, tag === 'clock' ? 11n : 22n, true);
  view.setUint8(at + 8, tag === 'clock' ? 0 : 1);
  view.setUint32(at + 16, tag === 'clock' ? 1 : 0, true);
  if (tag === 'clock') view.setBigUint64(at + 24, nanoseconds, true);
}

test('fd_read() of an input with nothing in it waits for bytes or the end, and not where it must not', async (t) => {
  const { input, give, end, waiters } = manualInput();
  const guest = newGuest({ stdin: input, wait: suspendingWait(manualClock()) });
  const pending = read(guest, 0).error;
  t.true((pending as unknown) instanceof Promise);
  give('ahoy');
  t.is(await pending, errno.success);
  t.is(guest.peek(16_384, guest.view().getUint32(8, true)), 'ahoy');
  t.is(waiters(), 0);
  t.is(guest.call('fd_fdstat_set_flags', 0, 4), errno.success);
  t.is(read(guest, 0).error, errno.again);
  end();
  t.deepEqual(read(guest, 0), { error: errno.success, text: '' });
});

test('poll_oneoff() waits for a clock and a stream at once, and lets go of what it did not need', async (t) => {
  const { input, give, waiters } = manualInput();
  const clock = manualClock();
  const guest = newGuest({ stdin: input, wait: suspendingWait(clock), monotonic: clock.monotonic });
  subscribe(guest, 0, 'clock', 1_000_000_000n);
  subscribe(guest, 48, 'stdin');
  const first = guest.call('poll_oneoff', 0, 1000, 2, 2000);
  give('abc');
  t.is(await first, errno.success);
  t.is(guest.view().getUint32(2000, true), 1);
  t.is(guest.view().getBigUint64(1000, true), 22n);
  t.is(guest.view().getBigUint64(1000 + 16, true), 3n, 'bytes that are ready');
  t.is(clock.pending(), 0);
  read(guest, 0);
  subscribe(guest, 0, 'clock', 1_000_000_000n);
  const second = guest.call('poll_oneoff', 0, 1000, 2, 2000);
  clock.advance(999);
  clock.advance(1);
  t.is(await second, errno.success);
  t.is(guest.view().getBigUint64(1000, true), 11n);
  t.is(waiters(), 0);
});

test('sockets accept, receive, send and shut down what the host has opened, and nothing else is one', async (t) => {
  const { input, give } = manualInput();
  const sent: string[] = [];
  const shut: unknown[] = [];
  const connection: Connection = {
    input,
    output: {
      isReady: () => true,
      onReady: () => ({ [Symbol.dispose]: () => {} }),
      write: (bytes) => {
        sent.push(new TextDecoder().decode(bytes.slice(0, 2)));
        return Math.min(2, bytes.length);
      },
    },
    shutdown: (ways) => shut.push(ways),
    close: () => void shut.push('closed'),
  };
  const waiting = [undefined, connection];
  const callbacks: (() => void)[] = [];
  const listener: Listener = {
    isReady: () => false,
    onReady: (callback) => {
      callbacks.push(callback);
      return { [Symbol.dispose]: () => {} };
    },
    accept: () => waiting.shift(),
  };
  const guest = newGuest({ directories: {}, sockets: [listener], wait: suspendingWait(manualClock()) });
  const accepting = guest.call('sock_accept', 3, 0, 100);
  callbacks[0]!();
  t.is(await accepting, errno.success);
  const socket = guest.view().getUint32(100, true);
  t.is(guest.call('sock_shutdown', socket, 2), errno.success);
  t.deepEqual(shut, [{ receive: false, send: true }]);
  t.is(guest.call('sock_shutdown', socket, 0), errno.invalid);
  t.deepEqual(write(guest, socket, 'abc'), { error: errno.success, written: 3 });
  guest.view().setUint32(4, 2, true);
  t.is(guest.call('sock_send', socket, 0, 1, 0, 8), errno.success);
  t.deepEqual(sent, ['ab', 'c', 'ab']);
  give('in');
  t.is(guest.call('sock_recv', socket, 0, 1, 0, 8, 12), errno.success);
  t.is(guest.peek(16_384, guest.view().getUint32(8, true)), 'in');
  t.is(guest.call('sock_recv', socket, 0, 1, 2, 8, 12), errno.notSupported);
  t.is(guest.call('sock_accept', socket, 0, 100), errno.notCapable, 'a connection may not be listened on');
  t.is(guest.call('sock_send', 1, 0, 1, 0, 8), errno.notSocket);
  guest.close();
  t.is(shut.at(-1), 'closed');
});

/** A table of two places of `call`, four bytes of text each. */
function inTwoPlaces(guest: ReturnType<typeof newGuest>, call: 'fd_read' | 'fd_write', descriptor: number) {
  for (const [at, value] of [100, 4, 200, 4].entries()) guest.view().setUint32(at * 4, value, true);
  return guest.call(call, descriptor, 0, 2, 32);
}

test('what a call writes from several places is one message where each write is one, and too long as a whole', (t) => {
  const written: number[] = [];
  const output = {
    isReady: () => true,
    onReady: () => ({ [Symbol.dispose]: () => {} }),
    messageBytesMax: () => 8,
    write: (bytes: Uint8Array) => written.push(bytes.length) && bytes.length,
  };
  const guest = newGuest({ stdout: output, stderr: { ...output, messageBytesMax: () => 6 } });
  t.is(inTwoPlaces(guest, 'fd_write', 1), errno.success);
  t.is(guest.view().getUint32(32, true), 8);
  inTwoPlaces(guest, 'fd_write', 2);
  t.is(written[0], 8);
  t.is(written[1], 7, 'what refuses a message of more than six bytes sees that it is longer');
});

test('a read into several places gives of one message only', (t) => {
  const messages = ['four', 'more'].map((text) => new TextEncoder().encode(text));
  const queue = new MessageQueue();
  for (const message of messages) queue.push(message);
  const guest = newGuest({ stdin: new ChannelInput(queue) });
  for (const message of messages) {
    t.is(inTwoPlaces(guest, 'fd_read', 0), errno.success);
    t.is(guest.view().getUint32(32, true), 4);
    t.is(guest.peek(100, 4), new TextDecoder().decode(message));
  }
});
