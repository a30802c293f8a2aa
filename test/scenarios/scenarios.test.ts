/** Every transcript of this folder comes out as it is written. FLEET_REWRITE=1 writes what comes out instead. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ScenarioWorld } from './scenario-world.ts';
import { replay } from './transcript.ts';

const folder = import.meta.dirname;
const rewriting = process.env.FLEET_REWRITE === '1';

for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
  test(`the transcript ${file} comes out as written`, async (t) => {
    const world = new ScenarioWorld();
    t.teardown(() => world.close());
    const written = readFileSync(join(folder, file), 'utf8');
    const played = await replay(written, world);
    if (rewriting) writeFileSync(join(folder, file), played);
    else t.is(played, written);
    t.pass();
  });
}
