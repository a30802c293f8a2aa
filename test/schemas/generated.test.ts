import { readFileSync } from 'node:fs';
import test from 'ava';
import { generateAll } from '../../schemas/generate.ts';

test('the generated types and validators are those of the schemas', async (t) => {
  for (const [file, text] of await generateAll()) {
    const committed = readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8');
    t.true(committed === text, `schemas/${file} is stale: run npm run schemas`);
  }
});
