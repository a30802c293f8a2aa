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
  source: '9ed94c1eca0098993dd616dd81f0747e9587d0830b083891b7f967c8852c9f16',
  metered: 'fd493861c7bcc0f5ed08501496af1676286ddd9a121444b16766cb89793c28c5',
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
