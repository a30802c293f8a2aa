/** The processes of this machine that belong to a directory, as Linux tells of them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: readonly string[];
}

/** A process may end between two looks at it: then there is nothing to tell. */
function look(pid: number): (RunningProcess & { readonly directory: string }) | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    if (state === 'Z') return undefined;
    return { pid, parent: Number(parent), command, directory: readlinkSync(`/proc/${pid}/cwd`) };
  } catch {
    return undefined;
  }
}

/** Those that work in `directory` or were given a path below it. */
export function processesOf(directory: string): RunningProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    const one = /^\d+$/.test(name) ? look(Number(name)) : undefined;
    if (one === undefined || one.pid === process.pid) return [];
    return one.directory.startsWith(directory) || one.command.some((word) => word.includes(directory)) ? [one] : [];
  });
}

/** A look at the status is a connection by TLS: more of them take the machine from what is waited for. */
const pollMs = 200;

/** Waits until `look` gives something; says what it waited for when that takes longer than `timeoutMs`. */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  look: () => T | undefined | Promise<T | undefined>,
) {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > end) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
    await sleep(pollMs);
  }
}
