/** The thread of one application, from its first instruction to its last. */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { RingWriter } from '../output-ring.ts';
import { memoryDirectory } from '../primitives/memory-directory.ts';
import { OpenDirectory } from '../primitives/open-directory.ts';
import { Quota } from '../primitives/quota.ts';
import { emptyInput, outputTo } from '../primitives/streams.ts';
import { blockingWait } from '../primitives/waiting.ts';
import { type GuestWorld, leaveByThrowing } from '../wasi/world.ts';
import type { Assignment, ThreadMessage } from './assignment.ts';
import { LineWriter } from './line-writer.ts';
import { type ProgramEnd, runProgram } from './program.ts';

function readModule({ modulePath, sha256, length }: Assignment): Uint8Array | undefined {
  if (nodeDisk.stat(modulePath)?.bytes !== length) return undefined;
  const bytes = nodeDisk.readFile(modulePath);
  return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : undefined;
}

/** Sleeps so that terminating the thread wakes it, which an endless sleep in native code would not. */
function block(delayMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
}

const openMax = 64;

/** The directory `/config`, which nobody writes to. */
function configuration(text: Uint8Array): OpenDirectory {
  const quota = new Quota({ bytesMax: 0, entriesMax: 0, openMax }, { bytes: 0, entries: 0 });
  return new OpenDirectory(memoryDirectory({ 'config.json': text }), { isWritable: false, quota });
}

function run(assignment: Assignment, say: (message: ThreadMessage) => void): ProgramEnd {
  const bytes = readModule(assignment);
  if (bytes === undefined) return { kind: 'refused', message: `${assignment.modulePath} is not what was deployed` };
  const encoder = new TextEncoder();
  const ring = new RingWriter(assignment.output, () => say({ kind: 'output' }));
  const writerOf = (stream: string) =>
    new LineWriter((line) =>
      ring.write(encoder.encode(`${new Date(nodeClock.now()).toISOString()} ${stream} ${line}\n`)),
    );
  const writers = { stdout: writerOf('out'), stderr: writerOf('err') };
  const world: GuestWorld = {
    args: [assignment.name, ...assignment.args],
    environment: assignment.environment,
    directories: { '/config': configuration(encoder.encode(assignment.config)) },
    stdin: emptyInput,
    stdout: { ...outputTo((bytes) => writers.stdout.write(bytes)), isTerminal: true },
    stderr: { ...outputTo((bytes) => writers.stderr.write(bytes)), isTerminal: true },
    now: nodeClock.now,
    monotonic: nodeClock.monotonic,
    random: nodeRandom.bytes,
    wait: blockingWait(block),
    leave: leaveByThrowing,
  };
  const end = runProgram(bytes, world, () => say({ kind: 'started' }));
  writers.stdout.finish();
  writers.stderr.finish();
  return end;
}

const port = parentPort;
if (port === null) throw new Error('this program is a thread of the app host');
try {
  port.postMessage(run(workerData as Assignment, (message) => port.postMessage(message)));
} catch (error) {
  port.postMessage({ kind: 'refused', message: `it could not be read: ${(error as Error).message}` });
}
// A reactor stays: listening keeps the thread, and with it the instance's memory.
port.on('message', () => {});
