import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { compile } from '../../device-agent/bundle.ts';

function directoryOf(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-bundle-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('the supervisor, which never ends, carries nothing that fetches, judges metadata or unpacks', async (t) => {
  const { outputs } = await compile(directoryOf(t));
  const inputsOf = (program: string): string[] => {
    const [, output] = Object.entries(outputs).find(([path]) => path.endsWith(`/${program}.js`))!;
    return Object.keys(output.inputs);
  };
  const heavy =
    /^(artifact\/(delta|wasm|trust\/tuf)|platform\/node\/network\.ts|node_modules\/(@tufjs|@marcbachmann)|device-agent\/download\/(fetch|metadata|range))/;
  const harmless = 'device-agent/download/fetch-memory.ts';
  t.deepEqual(
    inputsOf('supervisor').filter((path) => heavy.test(path) && path !== harmless),
    [],
  );
  t.true(inputsOf('courier').filter((path) => heavy.test(path)).length > 20);
});

test('a bundled program loads a module of Node when it first calls a function of it', async (t) => {
  const directory = directoryOf(t);
  await compile(directory, { program: 'test/device-agent/late-builtin.ts' });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  const printed = execFileSync(process.execPath, [join(directory, 'program.js')], { encoding: 'utf8' });
  t.deepEqual(JSON.parse(printed), [false, true]);
});
