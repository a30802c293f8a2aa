/**
 * A directory in which nothing can be written is held as such: by flock(2), which Node does not call, but a program of
 * util-linux and of BusyBox does. The lock is of the open directory, which that program only borrows: it counts wherever the directory
 * is seen, and ends with the process that opened it. Where there is no such program nothing is held: what lies there must run all the same.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** How that program says that somebody else holds it. */
const conflict = 1;
const answerMsMax = 5_000;

/** Locks an open directory, until it is closed; false where somebody else holds it. */
function lockOpen(descriptor: number, ...options: readonly string[]): boolean {
  const stdio = ['ignore', 'ignore', 'ignore', descriptor] as const;
  return spawnSync('flock', ['-n', ...options, '3'], { stdio: [...stdio], timeout: answerMsMax }).status !== conflict;
}

/** Whether somebody holds it, as far as can be told here. */
export function isDirectoryHeld(directory: string): boolean {
  const descriptor = openSync(directory, 'r');
  try {
    return !lockOpen(descriptor, '-s');
  } finally {
    closeSync(descriptor);
  }
}

/** Holds it until disposed or until this process ends, however it ends; undefined when somebody else does. */
export function holdDirectory(directory: string): Disposable | undefined {
  const descriptor = openSync(directory, 'r');
  if (lockOpen(descriptor)) return { [Symbol.dispose]: () => closeSync(descriptor) };
  closeSync(descriptor);
  return undefined;
}
