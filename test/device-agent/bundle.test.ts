import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../device-agent/bundle.ts';

test('the supervisor, which never ends, carries nothing that fetches, judges metadata or unpacks', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-bundle-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const { outputs } = await compile(directory);
  const inputsOf = (program: string): string[] => {
    const [, output] = Object.entries(outputs).find(([path]) => path.endsWith(`/${program}.js`))!;
    return Object.keys(output.inputs);
  };
  const heavy =
    /^(artifact\/(delta|wasm|trust\/tuf)|platform\/node\/network\.ts|node_modules\/@tufjs|device-agent\/download\/(fetch|metadata|range))/;
  const harmless = 'device-agent/download/fetch-memory.ts';
  t.deepEqual(
    inputsOf('supervisor').filter((path) => heavy.test(path) && path !== harmless),
    [],
  );
  t.true(inputsOf('courier').filter((path) => heavy.test(path)).length > 20);
});
