import { createHash } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { rewriterVersion } from '../../../artifact/fuel/contract.ts';
import { injectFuel } from '../../../artifact/fuel/inject.ts';
import { moduleOf, programs } from './arbitrary-programs.ts';
import { guest } from './guests.ts';
import { roomy } from './metered-run.ts';

/** Of what one version of the rewriter makes of the same modules: a digest that changes goes with a version that rises. */
const pinned = {
  version: 13,
  source: '48681bd17188fd551673b37d1ba350d9752ef26c7769c1951de033dc9ba1cebb',
  metered: '5f14acc80a262d5d7716b0d8c36b1efbf8703ec9014760feb64bce4ed6945fba',
};

const sources = [
  ...(['loop', 'recursionCaught', 'exitCaught', 'wait'] as const).map(guest),
  ...fc.sample(programs, { numRuns: 60, seed: 11 }).map((program, number) => moduleOf(program, number % 2 === 0)),
];

function digestOf(modules: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const module of modules) hash.update(`${module.length}:`).update(module);
  return hash.digest('hex');
}

test('the rewriter makes the same bytes of the same modules as long as its version is the same', (t) => {
  t.is(digestOf(sources), pinned.source, 'the modules of this test are others: pin both digests anew');
  const metered = digestOf(sources.map((source) => injectFuel(source, roomy)));
  t.deepEqual(
    { version: rewriterVersion, metered },
    { version: pinned.version, metered: pinned.metered },
    'devices keep what was made under the old version: raise rewriterVersion and pin the new digest with it',
  );
});
