import test from 'ava';
import fc from 'fast-check';
import { Groups } from '../../../controller/view/groups.ts';
import type { Row } from '../../../controller/view/row.ts';
import { NamesByFirst, placeAmong, SortedNames } from '../../../controller/view/sorted-names.ts';
import { Summary } from '../../../controller/view/summary.ts';

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const row: fc.Arbitrary<Row> = fc.record({
  state: fc.constantFrom('running', 'failed', 'dark'),
  connected: fc.constant(true),
  isHeld: fc.boolean(),
  fleet: fc.constantFrom('x', 'y', undefined),
  site: fc.constant(undefined),
  wave: fc.constant(undefined),
  runs: fc.constant(undefined),
  contactAt: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  changeId: fc.constant(1),
});
const moves = fc.array(fc.tuple(names, fc.option(row, { nil: undefined })), { maxLength: 40 });

test('whatever devices do, a group counts those that are in it and knows the oldest contact among them', (t) => {
  fc.assert(
    fc.property(moves, (steps) => {
      const groups = new Groups('fleet');
      const rows = new Map<string, Row>();
      for (const [name, next] of steps) {
        groups.move(name, rows.get(name), next);
        if (next === undefined) rows.delete(name);
        else rows.set(name, next);
        for (const fleet of ['x', 'y']) {
          const members = [...rows].filter(([, one]) => one.fleet === fleet);
          const contacts = members.map(([, { contactAt }]) => contactAt ?? Number.NaN);
          const oldest = Math.min(...contacts);
          t.deepEqual([...groups.devicesOf(fleet)].sort(), members.map(([member]) => member).sort());
          t.is(groups.of(fleet).tally.desired, members.length);
          t.is(groups.of(fleet).oldest, Number.isFinite(oldest) ? oldest : undefined);
          t.is(groups.has(fleet), members.length > 0);
        }
      }
    }),
  );
});

test('whatever devices do, they are summed up as if counted anew, and those that failed are named before those that are dark', (t) => {
  fc.assert(
    fc.property(moves, (steps) => {
      const summary = new Summary();
      const rows = new Map<string, Row>();
      for (const [name, next] of steps) {
        summary.move(name, rows.get(name), next);
        if (next === undefined) rows.delete(name);
        else rows.set(name, next);
        const those = (state: Row['state']) =>
          [...rows].filter(([, one]) => one.state === state).map(([device]) => device);
        const [running, failed, dark] = [those('running'), those('failed').sort(), those('dark').sort()];
        const counted = { running: running.length, failed: failed.length, dark: dark.length };
        const held = [...rows.values()].filter(({ isHeld }) => isHeld).length;
        t.deepEqual(summary.tally, {
          ...(held === 0 ? {} : { held }),
          ...{ desired: rows.size, runningConnected: running.length, progressing: 0, unknown: 0 },
          ...counted,
        });
        t.deepEqual(summary.notWell, [...failed, ...dark]);
      }
    }),
  );
});

test('names are in order however they come and go, and the first few of them as if all were sorted', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(names, fc.boolean()), { maxLength: 40 }), fc.nat(4), (steps, more) => {
      const count = more + 1;
      const first = new NamesByFirst(count);
      const sorted = new SortedNames();
      const there = new Set<string>();
      for (const [at, [name, is]] of steps.entries()) {
        sorted.move(name, there.has(name), is);
        const set = is ? 'add' : 'delete';
        first[set](name);
        there[set](name);
        t.deepEqual(first.first, [...there].sort().slice(0, count));
        if (at % 3 === 0) t.deepEqual(sorted.all, [...there].sort());
      }
      const all = [...there].sort();
      t.deepEqual(sorted.all, all);
      for (const name of 'abcdefg') t.is(placeAmong(all, name), all.filter((one) => one < name).length);
    }),
  );
});
