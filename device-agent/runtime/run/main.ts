/** The process of `fleet run`: takes one request over its channel, runs the program on this machine's streams and files, answers, ends. */
import { basename, dirname } from 'node:path';
import { writeFileDurably } from '../../../platform/durable-file.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { openHostDirectory } from '../../../platform/node/host-directory.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { fileInput, standardInput, standardOutput } from '../../../platform/node/standard-streams.ts';
import { Turns } from '../host/turns.ts';
import { OpenDirectory } from '../primitives/open-directory.ts';
import { Quota } from '../primitives/quota.ts';
import { suspendingWait } from '../primitives/waiting.ts';
import type { GuestWorld } from '../wasi/world.ts';
import type { RunOutcome, RunRequest } from './request.ts';
import { runModule } from './run-module.ts';

const infinite = { bytesMax: Number.POSITIVE_INFINITY, entriesMax: Number.POSITIVE_INFINITY, openMax: 1000 };
/** What the largest memory comes to. */
const snapshotBytesMax = 2 ** 31;
const unused = { fuel: 0, peakMemoryBytes: 0, bytesWritten: 0, compileMs: 0, instantiateMs: 0 };

type GrantedDirectory = readonly [guestPath: string, directory: OpenDirectory, quota: Quota];

function openDirectories({ directories }: RunRequest): GrantedDirectory[] {
  return directories.map(({ hostPath, guestPath, isWritable }) => {
    const quota = new Quota(infinite, { bytes: 0, entries: 0 });
    return [guestPath, new OpenDirectory(openHostDirectory(hostPath), { isWritable, quota }), quota];
  });
}

function worldOf(request: RunRequest, granted: readonly GrantedDirectory[]): Omit<GuestWorld, 'leave'> {
  return {
    args: request.args,
    environment: request.environment,
    directories: Object.fromEntries(granted),
    stdin: request.stdinPath === undefined ? standardInput() : fileInput(request.stdinPath),
    stdout: standardOutput(1),
    stderr: standardOutput(2),
    now: nodeClock.now,
    monotonic: nodeClock.monotonic,
    random: nodeRandom.bytes,
    wait: suspendingWait(nodeClock),
  };
}

function readSnapshot(path: string): Uint8Array {
  const bytes = nodeDisk.stat(path)?.bytes ?? 0;
  if (bytes > snapshotBytesMax) throw new Error(`${path} has ${bytes} bytes, a snapshot at most ${snapshotBytesMax}`);
  return nodeDisk.readFile(path);
}

/** The one before stays until the new one is whole: they may be the same file. */
function writeWhole(path: string, bytes: Uint8Array): void {
  writeFileDurably(nodeDisk, dirname(path), basename(path), bytes);
}

async function outcomeOf(request: RunRequest): Promise<RunOutcome> {
  try {
    const bytes = nodeDisk.readFile(request.modulePath);
    const granted = openDirectories(request);
    const { snapshotPath, restorePath } = request;
    const { end, snapshot, ...use } = await runModule(
      bytes,
      {
        ...request,
        isCaptured: snapshotPath !== undefined,
        ...(restorePath === undefined ? {} : { restore: readSnapshot(restorePath) }),
      },
      worldOf(request, granted),
      { clock: nodeClock, turns: new Turns({ nextTurn: setImmediate, mark: () => {} }) },
    );
    if (snapshot !== undefined) writeWhole(snapshotPath!, snapshot);
    return { end, use: { ...use, bytesWritten: granted.reduce((sum, [, , quota]) => sum + quota.bytesWritten, 0) } };
  } catch (error) {
    return { end: { kind: 'failed', message: (error as Error).message }, use: unused };
  }
}

// Listening keeps the process while its program sleeps; it does not outlive who asked for it.
process.on('message', async (request: RunRequest) => {
  process.send!(await outcomeOf(request), () => process.exit());
});
process.on('disconnect', () => process.exit());
