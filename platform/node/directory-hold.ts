/**
 * A directory in which nothing can be written is held as such: by flock(2), which Node does not call, but a program of
 * util-linux and of BusyBox does. It counts wherever the directory is seen, and ends with whoever holds it.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';

const program = 'flock';
/** How that program says that somebody else holds it. */
const conflict = 1;
const answerMsMax = 5_000;

/** Whether somebody holds it, as far as can be told here. */
export function isDirectoryHeld(directory: string): boolean {
  const asked = spawnSync(program, ['-n', '-s', directory, 'true'], { stdio: 'ignore', timeout: answerMsMax });
  return asked.status === conflict;
}

/** Holds it until disposed or until this process ends, however it ends; undefined when somebody else does. */
export function holdDirectory(directory: string): Disposable | undefined {
  if (isDirectoryHeld(directory)) return undefined;
  // It ends when its input does, which this process holds open.
  const holder = spawn(program, ['-n', directory, 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] });
  // Where there is no such program nothing is held: what lies there must run all the same.
  holder.on('error', () => {});
  holder.unref();
  const input = holder.stdin as Socket;
  input.on('error', () => {});
  input.unref();
  return { [Symbol.dispose]: () => input.destroy() };
}
