import fc from 'fast-check';
import type { Maps } from '../../../../artifact/delta/rewrite/maps.ts';

const run = fc.record({ first: fc.integer({ min: -1, max: 300 }), length: fc.integer({ min: 1, max: 40 }) });

/** Index maps made of runs, as real ones are. */
const indexMap = fc
  .array(run, { maxLength: 12 })
  .map((runs) =>
    Int32Array.from(
      runs.flatMap(({ first, length }) => Array.from({ length }, (_, i) => (first < 0 ? -1 : first + i))),
    ),
  );

const starts = (step: number) =>
  fc.uniqueArray(fc.nat(2 ** 26), { maxLength: 20 }).map((values) => {
    const sorted = values.map((value) => value * step).sort((a, b) => a - b);
    return Float64Array.from(sorted);
  });

const aliases = starts(1).chain((from) =>
  fc.array(fc.nat(300), { minLength: from.length, maxLength: from.length }).map((to) => ({
    old: Int32Array.from(from, (value) => value % 1_000_000)
      .sort()
      .filter((value, i, all) => i === 0 || value > all[i - 1]!),
    fresh: Int32Array.from(to),
  })),
);

const shifts = starts(1).chain((from) =>
  fc.array(fc.integer(), { minLength: from.length, maxLength: from.length }).map((by) => ({
    starts: from,
    shifts: Float64Array.from(by),
  })),
);

const regions = starts(4).chain((from) =>
  fc.array(fc.integer({ min: 0, max: 4 }), { minLength: from.length, maxLength: from.length }).map((classes) => ({
    starts: from,
    classes: Uint8Array.from(classes),
  })),
);

/** Maps that are well-formed and mean nothing. */
export const arbitraryMaps: fc.Arbitrary<Maps> = fc.record({
  importedFunctions: fc.nat(20),
  functions: indexMap.map((map) => map.map((old, at) => (map.indexOf(old) < at ? -1 : old))),
  aliases: aliases.map(({ old, fresh }) => ({ old, fresh: fresh.subarray(0, old.length) })),
  types: indexMap,
  globals: indexMap,
  constants: shifts,
  slots: shifts,
  tables: fc.tuple(shifts, shifts),
  regions,
});
