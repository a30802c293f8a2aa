/** The process behind `program-starter.ts`: runs programs as it is told. It ends with who started it, and what it runs with it. */
import type { ProgramResult } from '../ports.ts';
import type { StarterNews, StarterOrder } from './program-starter.ts';
import { runProgram } from './run-program.ts';
import { onStarterGone } from './starter-gone.ts';

/** Of what a program printed, in one message: a larger one would take the other end long to take in. */
const partBytes = 256 * 1024;

const stopping = new Map<number, AbortController>();

/** Who started it may be gone; that is told elsewhere. */
function say(news: StarterNews): void {
  if (process.connected) process.send?.(news, undefined, undefined, () => {});
}

async function run({ run, name, args, options }: Extract<StarterOrder, { kind: 'run' }>): Promise<void> {
  const stop = new AbortController();
  stopping.set(run, stop);
  const stopped = (): ProgramResult => ({ code: undefined, output: new Uint8Array(), complaint: 'it was stopped' });
  const { output, ...result } = await runProgram(name, args, { ...options, signal: stop.signal }).catch(stopped);
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
  if (order.kind === 'run') void run(order);
  else stopping.get(order.run)?.abort();
});
