/** The process behind `program-starter.ts`: runs programs as it is told. It ends with who started it, and what it runs with it. */
import { closeSync, openSync } from 'node:fs';
import type { ProgramResult } from '../ports.ts';
import type { StarterNews, StarterOrder } from './program-starter.ts';
import { runInto, runPiped } from './run-program.ts';
import { onStarterGone } from './starter-gone.ts';

/** Of what a program printed, in one message: a larger one would take the other end long to take in. */
const partBytes = 256 * 1024;

const stopping = new Map<number, AbortController>();

/** Who started it may be gone; that is told elsewhere. */
function say(news: StarterNews): void {
  if (process.connected) process.send?.(news, undefined, undefined, () => {});
}

type RunOrder = Extract<StarterOrder, { kind: 'run' }>;

const nothing = new Uint8Array();

async function resultOf({ name, args, terms, into }: RunOrder, signal: AbortSignal): Promise<ProgramResult> {
  if (into === undefined) return runPiped(name, args, { ...terms, signal });
  const descriptor = openSync(`/proc/${process.ppid}/fd/${into}`, 'r+');
  try {
    return { ...(await runInto(descriptor, name, args, { ...terms, signal })), output: nothing };
  } finally {
    closeSync(descriptor);
  }
}

async function perform(order: RunOrder): Promise<void> {
  const { run } = order;
  const stop = new AbortController();
  stopping.set(run, stop);
  // Who had it stopped knows why.
  const failed = (error: unknown): ProgramResult => ({ code: undefined, output: nothing, complaint: String(error) });
  const { output, ...result } = await resultOf(order, stop.signal).catch(failed);
  stopping.delete(run);
  for (let at = 0; at < output.length; at += partBytes) {
    say({ kind: 'output', run, part: output.subarray(at, at + partBytes) });
  }
  say({ kind: 'ended', run, result });
}

onStarterGone(() => {
  for (const stop of stopping.values()) stop.abort();
  process.exit();
});
// A terminal's Ctrl-C reaches the whole group; who started it decides when this process ends.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
process.on('message', (order: StarterOrder) => {
  if (order.kind === 'run') void perform(order);
  else stopping.get(order.run)?.abort();
});
