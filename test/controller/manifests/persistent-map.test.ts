import test from 'ava';
import fc from 'fast-check';
import { PersistentMap } from '../../../controller/manifests/persistent-map.ts';
import { runAtOnce } from '../../../controller/manifests/steps.ts';

const key = fc.oneof(
  fc.integer({ min: 0, max: 300 }).map((index) => `k${index}`),
  fc.string({ maxLength: 3 }),
  // Their hashes are equal in pairs.
  fc.constantFrom('k32004', 'k261338', 'k32005', 'k261339'),
);
const step = fc.record({ key, value: fc.option(fc.integer(), { nil: undefined }) });

function settled(base: PersistentMap<number>, steps: readonly { key: string; value: number | undefined }[]) {
  return runAtOnce(base.withChanges(new Map(steps.map(({ key: name, value }) => [name, value]))));
}

test('a persistent map holds what a Map holds after any sequence of changes, and forgets nothing it was', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      let map = PersistentMap.empty<number>();
      const model = new Map<string, number>();
      const half = Math.floor(steps.length / 2);
      let remembered: { map: PersistentMap<number>; entries: string } | undefined;
      const text = (entries: Iterable<[string, number]>) =>
        JSON.stringify([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
      for (const [index, { key: name, value }] of steps.entries()) {
        map = value === undefined ? map.delete(name) : map.set(name, value);
        if (value === undefined) model.delete(name);
        else model.set(name, value);
        if (index === half) remembered = { map, entries: text(model) };
      }
      t.is(map.size, model.size);
      t.is(text(map), text(model));
      for (const { key: name } of steps) {
        t.is(map.get(name), model.get(name));
        t.is(map.has(name), model.has(name));
      }
      if (remembered !== undefined) t.is(text(remembered.map), remembered.entries);
    }),
    { numRuns: 100 },
  );
});

test('the order of iteration follows from the keys, not from how they came', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 200 }), fc.uniqueArray(key, { maxLength: 50 }), (keys, others) => {
      const passing = others.filter((name) => !keys.includes(name));
      const build = (names: readonly string[]) =>
        names.reduce((map, name) => map.set(name, 1), PersistentMap.empty<number>());
      const detour = passing.reduce((map, name) => map.delete(name), build([...passing, ...keys.toReversed()]));
      t.deepEqual([...detour.keys()], [...build(keys).keys()]);
    }),
    { numRuns: 100 },
  );
});

test('a change that changes nothing returns the same map', (t) => {
  const map = PersistentMap.empty<number>().set('a', 1);
  t.is(map.set('a', 1), map);
  t.is(map.delete('b'), map);
});

test('many changes at once come to the same as one after the other, and change nothing that was there before them', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.array(step, { maxLength: 200 }), (before, steps) => {
      const base = settled(PersistentMap.empty<number>(), before);
      const entries = [...base];
      const together = settled(base, steps);
      t.deepEqual([...base], entries);
      const alone = steps.reduce(
        (map, { key: name, value }) => (value === undefined ? map.delete(name) : map.set(name, value)),
        base,
      );
      t.deepEqual([...together], [...alone]);
      t.is(together.size, alone.size);
      for (const { key: name } of [...before, ...steps]) t.is(together.get(name), alone.get(name));
    }),
    { numRuns: 100 },
  );
});

test('a map of several levels holds what a Map holds, and shrinks to the shape of what is left', (t) => {
  const names = Array.from({ length: 6_000 }, (_, index) => `n${index}`);
  const all = settled(
    PersistentMap.empty<number>(),
    names.map((name, value) => ({ key: name, value })),
  );
  t.deepEqual(
    names.map((name) => all.get(name)),
    [...names.keys()],
  );
  const entries = names.map((name, value) => ({ key: name, value }));
  const half = settled(PersistentMap.empty<number>(), entries.slice(3_000));
  t.deepEqual([...settled(half, entries.slice(0, 3_000))], [...all], 'made at once or in parts');
  const kept = names.filter((_, index) => index % 100 === 0);
  const gone = names.filter((_, index) => index % 100 !== 0);
  const few = settled(
    all,
    gone.map((name) => ({ key: name, value: undefined })),
  );
  t.is(few.size, kept.length);
  const fresh = kept.reduce((map, name) => map.set(name, names.indexOf(name)), PersistentMap.empty<number>());
  t.deepEqual([...few], [...fresh]);
});
