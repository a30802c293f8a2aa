import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
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
