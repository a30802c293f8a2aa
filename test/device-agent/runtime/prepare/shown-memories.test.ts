import test from 'ava';
import { runByItself } from '../../../../device-agent/runtime/host/guest.ts';
import type { RunEnd } from '../../../../device-agent/runtime/run-end.ts';
import { newThread, runGuest } from '../host/run-guest.ts';

const section = (id: number, ...bytes: number[]): number[] => [id, bytes.length, ...bytes];
const text = (name: string): number[] => [name.length, ...Buffer.from(name)];
const head = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const types = section(1, 2, 0x60, 0, 0, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f);
const fdWrite = [...text('wasi_snapshot_preview1'), ...text('fd_write'), 0, 1];

/** A segment of the memory so named: where `fd_write` finds one byte, and this byte. */
const textIn = (memory: readonly number[], letter: string): number[] => [
  ...[...memory, 0x41, 0, 0x0b, 9],
  ...[8, 0, 0, 0, 1, 0, 0, 0, letter.charCodeAt(0)],
];

/** Exports one memory, grows another, which nobody sees, by two pages, and ends. */
const hidden = Uint8Array.from([
  ...[...head, ...types, ...section(3, 1, 0), ...section(5, 2, 0, 1, 0, 1)],
  ...section(7, 2, ...text('_start'), 0, 0, ...text('memory'), 2, 0),
  ...section(10, 1, 7, 0, 0x41, 2, 0x40, 1, 0x1a, 0x0b),
]);

/** Takes one memory from outside, with an `a` in it, and exports another one, with a `b`. */
const two = Uint8Array.from([
  ...[...head, ...types, ...section(2, 2, ...fdWrite, ...text('env'), ...text('memory'), 2, 0, 1)],
  ...[...section(3, 1, 0), ...section(5, 1, 0, 1)],
  ...section(7, 2, ...text('_start'), 0, 1, ...text('memory'), 2, 1),
  ...section(10, 1, 13, 0, 0x41, 1, 0x41, 0, 0x41, 1, 0x41, 12, 0x10, 0, 0x1a, 0x0b),
  ...section(11, 2, ...textIn([0], 'a'), ...textIn([2, 1], 'b')),
]);

test('a memory that a module shows nobody counts as one that it exports', async (t) => {
  const { guest } = newThread().guest(hidden);
  t.like((await guest.work(runByItself)) as RunEnd, { kind: 'exited', exitCode: 0 });
  t.is(guest.memoryBytes(), 4 * 65_536);
});

test('of two memories a program calls through the one that it exports', async (t) => {
  t.deepEqual((await runGuest(two)).printed, ['stdout:b']);
});
