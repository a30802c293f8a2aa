import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ScenarioWorld } from '../scenarios/scenario-world.ts';

test('a new repository has the schema of every kind of manifest, and all that those refer to', (t) => {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  const folder = join(world.repository, 'schemas');
  const kinds = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  for (const kind of ['Application', 'Device', 'Fleet', 'Secret', 'Site'])
    t.true(
      kinds.some(({ title }) => title === kind),
      kind,
    );
  const referred = JSON.stringify(kinds).matchAll(/"\$ref":"([a-z]+\.schema\.json)/g);
  t.deepEqual(
    [...new Set([...referred].map(([, file]) => file!))].filter((file) => !existsSync(join(folder, file))),
    [],
  );
});
