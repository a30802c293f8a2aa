import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { nodeProcesses, nodePrograms } from '../../../platform/node/processes.ts';
import type { ChildProcess, ProcessExit } from '../../../platform/ports.ts';

function exitOf(child: ChildProcess): Promise<ProcessExit> {
  return new Promise((resolve) => child.onExit(resolve));
}

/** Longer than the kernel takes, which Node throws as it does ENOMEM. */
const tooLong = 'x'.repeat(200_000);

test('a program that cannot be started ends at once and says why, whichever way Node tells of it', async (t) => {
  for (const child of [nodeProcesses.start('nothing.ts', [tooLong]), nodePrograms.start('true', [tooLong])]) {
    t.deepEqual(await exitOf(child), { code: 127, signal: undefined, fault: 'spawn E2BIG' });
    t.notThrows(() => [child.send({}), child.kill('SIGKILL'), child.onMessage(() => {})]);
  }
  t.regex((await exitOf(nodePrograms.start('no-such-program-here', []))).fault ?? '', /ENOENT/);
});

test('an output that cannot be opened keeps a program from starting, and no more', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-processes-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const exit = await exitOf(nodePrograms.start('true', [], { outputFile: directory }));
  t.is(exit.code, 127);
  t.regex(exit.fault ?? '', /EISDIR/);
});
