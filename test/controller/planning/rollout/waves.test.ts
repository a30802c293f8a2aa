import test from 'ava';
import fc from 'fast-check';
import type { Wave } from '../../../../controller/planning/rollout/policy.ts';
import { drawWaves, drawWavesInSteps, waveSizes } from '../../../../controller/planning/rollout/waves.ts';

const gate: Wave['gate'] = {
  successPercent: 100,
  contacts: { kind: 'count', count: 1 },
  patienceMs: 1,
  failures: { kind: 'count', count: 1 },
};

function wave(name: string, more: Partial<Wave> = {}): Wave {
  return { name, gate, soakMs: 0, ...more };
}

function membersOf(names: readonly string[]): { name: string; labels: Record<string, string> }[] {
  return names.map((name, index) => ({ name, labels: { kind: index % 3 === 0 ? 'crane' : 'ship' } }));
}

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { maxLength: 40 });
const limit = fc.option(
  fc.oneof(
    fc.record({ kind: fc.constant('count' as const), count: fc.nat(9) }),
    fc.record({ kind: fc.constant('percent' as const), percent: fc.nat(100) }),
  ),
  { nil: undefined },
);
const someWaves = fc.array(
  fc.record({ limit, isOfCranes: fc.boolean() }).map(({ limit: own, isOfCranes }) =>
    wave('some', {
      ...(own === undefined ? {} : { limit: own }),
      ...(isOfCranes ? { selector: { matchLabels: { kind: 'crane' } } } : {}),
    }),
  ),
  { minLength: 1, maxLength: 4 },
);
const percent = fc.integer({ min: 0, max: 100 });

test('each device is in the first wave that takes it, and the last one takes the rest', (t) => {
  const cranes = { matchLabels: { kind: 'crane' } };
  const waves = [wave('cranes', { selector: cranes, limit: { kind: 'count', count: 2 } }), wave('rest')];
  const members = membersOf(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  const drawn = drawWaves('ships', members, waves);
  const first = members.filter(({ name }) => drawn.get(name) === 0);
  t.is(drawn.size, members.length);
  t.is(first.length, 2);
  t.true(first.every(({ labels }) => labels.kind === 'crane'));
});

test('a limit in percent takes a part of those that the selector takes, rounded up', (t) => {
  fc.assert(
    fc.property(names, percent, (all, part) => {
      const waves = [wave('canary', { limit: { kind: 'percent', percent: part } }), wave('rest')];
      const drawn = drawWaves('ships', membersOf(all), waves);
      return [...drawn.values()].filter((index) => index === 0).length === Math.ceil((part * all.length) / 100);
    }),
  );
  t.pass();
});

test('the order in which devices are named changes no wave, and one that joins takes at most one place of another', (t) => {
  fc.assert(
    fc.property(names, fc.nat(9), (all, count) => {
      const waves = [wave('canary', { limit: { kind: 'count', count } }), wave('rest')];
      const members = membersOf(all);
      const drawn = drawWaves('ships', members, waves);
      const turned = drawWaves('ships', members.toReversed(), waves);
      const joined = drawWaves('ships', [...members, { name: 'newcomer-1', labels: {} }], waves);
      const moved = all.filter((name) => joined.get(name) !== drawn.get(name));
      return moved.length <= 1 && all.every((name) => turned.get(name) === drawn.get(name));
    }),
  );
  t.pass();
});

test('two fleets draw their canaries each by itself', (t) => {
  const members = membersOf(Array.from({ length: 50 }, (_, index) => `device-${index}`));
  const waves = [wave('canary', { limit: { kind: 'count', count: 5 } }), wave('rest')];
  const canaries = (fleet: string) => [...drawWaves(fleet, members, waves)].filter(([, index]) => index === 0).join();
  t.not(canaries('ships'), canaries('cranes'));
});

test('the sizes of waves are those that are drawn, whether or not anybody is looked at for them', (t) => {
  fc.assert(
    fc.property(names, someWaves, (all, waves) => {
      const members = membersOf(all);
      const drawn = [...drawWaves('ships', members, waves).values()];
      const sizes = waveSizes('ships', all.length, () => members, waves);
      t.deepEqual(
        sizes,
        waves.map((_, index) => drawn.filter((one) => one === index).length),
      );
    }),
  );
});

test('a large fleet is drawn in steps, none of which looks at many devices', (t) => {
  let looks = 0;
  const members = Array.from({ length: 5_000 }, (_, index) => ({
    labels: {},
    get name() {
      looks += 1;
      return `device-${index}`;
    },
  }));
  const waves = [wave('some', { limit: { kind: 'percent', percent: 10 } }), wave('rest')];
  let most = 0;
  for (const _ of drawWavesInSteps('ships', members, waves)) {
    most = Math.max(most, looks);
    looks = 0;
  }
  t.true(looks < 1_000 && most < 1_000, `${most} looks in one step, ${looks} in the last`);
});
