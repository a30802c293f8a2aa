import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { CommandContext } from '../../../cli/command.ts';
import { runCommand } from '../../../cli/run-command.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { type Disk, DiskError } from '../../../platform/ports.ts';
import { ScenarioWorld } from '../../scenarios/scenario-world.ts';

const apps = join(import.meta.dirname, '../../../fleet-examples/harbor/apps');
const version = (number: string): string => join(apps, `tide-logger/tide-logger-${number}.wasm`);

function worldOf(t: ExecutionContext): ScenarioWorld {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  return world;
}

test('fleet delta makes a patch, says what it is made of, and applies it', async (t) => {
  const world = worldOf(t);
  const [patch, result] = ['patch', 'new.wasm'].map((name) => join(world.directory, name)) as [string, string];
  const made = await world.fleet(['delta', 'create', version('1.0.0'), version('1.1.0'), '-o', patch]);
  t.is(made.exitCode, 0);
  t.regex(made.output, /rewritten/);
  const inspected = await world.fleet(['delta', 'inspect', patch, '-o', 'json']);
  t.is(JSON.parse(inspected.output).patchBytes, readFileSync(patch).length);
  const applied = await world.fleet(['delta', 'apply', version('1.0.0'), patch, '-o', result]);
  t.is(applied.exitCode, 0);
  t.deepEqual(readFileSync(result), readFileSync(version('1.1.0')));
});

test('fleet delta tells a wrong base from a corrupt patch, and leaves what was there', async (t) => {
  const world = worldOf(t);
  const [patch, result] = ['patch', 'new.wasm'].map((name) => join(world.directory, name)) as [string, string];
  await world.fleet(['delta', 'create', version('1.0.0'), version('1.1.0'), '-o', patch]);
  writeFileSync(result, 'as before');
  const wrongBase = await world.fleet(['delta', 'apply', version('1.1.0'), patch, '-o', result]);
  t.is(wrongBase.exitCode, 8);
  const bytes = readFileSync(patch);
  bytes[bytes.length - 9]! ^= 255;
  writeFileSync(patch, bytes);
  const corrupt = await world.fleet(['delta', 'apply', version('1.0.0'), patch, '-o', result]);
  t.is(corrupt.exitCode, 9);
  t.is(readFileSync(result, 'utf8'), 'as before');
  t.is((await world.fleet(['delta', 'apply', version('1.0.0')])).exitCode, 2);
});

test('fleet delta inspect refuses what is no patch, and a missing file, with codes of their own', async (t) => {
  const world = worldOf(t);
  const other = join(world.directory, 'other');
  writeFileSync(other, 'no patch');
  t.is((await world.fleet(['delta', 'inspect', other])).exitCode, 9);
  const missing = await world.fleet(['delta', 'inspect', `${other}.missing`]);
  t.is(missing.exitCode, 1);
  t.regex(missing.output, /cannot read .*other\.missing/);
});

async function applyOnDisk(world: ScenarioWorld, disk: Disk, result: string) {
  const patch = join(world.directory, 'patch');
  await world.fleet(['delta', 'create', version('1.0.0'), version('1.1.0'), '-o', patch, '--effort', 'fast']);
  let output = '';
  const context: CommandContext = { ...world.context((text) => (output += text)), disk };
  return {
    exitCode: await runCommand(context, ['delta', 'apply', version('1.0.0'), patch, '-o', result]),
    output: () => output,
  };
}

test('fleet delta apply on a disk with too little space says so and writes nothing', async (t) => {
  const world = worldOf(t);
  const result = join(world.directory, 'new.wasm');
  const { exitCode, output } = await applyOnDisk(world, { ...nodeDisk, freeBytes: () => 100 }, result);
  t.is(exitCode, 10);
  t.regex(output(), /the disk is full; nothing was changed/);
  t.false(existsSync(result));
});

test('a disk that fills up while the result is written keeps what was there and no half file', async (t) => {
  const world = worldOf(t);
  const result = join(world.directory, 'new.wasm');
  writeFileSync(result, 'as before');
  const full: Disk = {
    ...nodeDisk,
    syncDirectory: (path) => {
      throw new DiskError('NO_SPACE', path, 'no space left on device');
    },
    rename: (_from, to) => {
      throw new DiskError('NO_SPACE', to, 'no space left on device');
    },
  };
  const { exitCode } = await applyOnDisk(world, full, result);
  t.is(exitCode, 10);
  t.is(readFileSync(result, 'utf8'), 'as before');
  t.false(existsSync(`${result}.new`));
});
