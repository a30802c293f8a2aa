import test from 'ava';
import fc from 'fast-check';
import type { Family } from '../../../controller/metrics/family.ts';
import { fleetFamilies } from '../../../controller/metrics/fleet-families.ts';
import { Histogram } from '../../../controller/metrics/histogram.ts';
import { LoopLateness } from '../../../controller/metrics/loop-lateness.ts';
import { stateFamilies } from '../../../controller/metrics/process-families.ts';
import { TimedState } from '../../../controller/metrics/timed-state.ts';
import { writeExposition } from '../../../controller/metrics/write-exposition.ts';
import { StateError, type StatePort } from '../../../controller/state/state-port.ts';
import { ageBoundsSeconds, ContactAges } from '../../../controller/view/contact-ages.ts';
import type { Row } from '../../../controller/view/row.ts';
import { wholeShore } from '../whole-shore.ts';

function linesOf(families: readonly Family[]): string[] {
  return writeExposition(families).split('\n');
}

test('families are written as OpenMetrics: types and units before their samples, what is counted by its total, buckets added up, and an end', (t) => {
  const seconds = new Histogram([0.5, 1]);
  for (const value of [0.25, 0.5, 0.75, 7]) seconds.observe(value);
  const text = writeExposition([
    {
      ...{ name: 'fleet_devices', kind: 'gauge', help: 'By "state",\nof all.' },
      samples: [{ labels: { state: 'a"b\\c\nd' }, value: 3 }, { value: 0.5 }],
    },
    { name: 'fleet_refusals', kind: 'counter', help: 'Who.', samples: [{ labels: { code: 'X' }, value: 2 }] },
    { name: 'fleet_late_seconds', kind: 'histogram', unit: 'seconds', help: 'Late.', samples: [seconds] },
    {
      ...{ name: 'fleet_age_seconds', kind: 'gaugehistogram', unit: 'seconds', help: 'Age.' },
      samples: [{ bounds: [900], counts: [1, 2], sum: 5000 }],
    },
  ]);
  t.is(
    text,
    [
      '# TYPE fleet_devices gauge',
      '# HELP fleet_devices By \\"state\\",\\nof all.',
      'fleet_devices{state="a\\"b\\\\c\\nd"} 3',
      'fleet_devices 0.5',
      '# TYPE fleet_refusals counter',
      '# HELP fleet_refusals Who.',
      'fleet_refusals_total{code="X"} 2',
      '# TYPE fleet_late_seconds histogram',
      '# UNIT fleet_late_seconds seconds',
      '# HELP fleet_late_seconds Late.',
      'fleet_late_seconds_bucket{le="0.5"} 2',
      'fleet_late_seconds_bucket{le="1.0"} 3',
      'fleet_late_seconds_bucket{le="+Inf"} 4',
      'fleet_late_seconds_count 4',
      'fleet_late_seconds_sum 8.5',
      '# TYPE fleet_age_seconds gaugehistogram',
      '# UNIT fleet_age_seconds seconds',
      '# HELP fleet_age_seconds Age.',
      'fleet_age_seconds_bucket{le="900.0"} 1',
      'fleet_age_seconds_bucket{le="+Inf"} 3',
      'fleet_age_seconds_gcount 3',
      'fleet_age_seconds_gsum 5000',
      '# EOF',
      '',
    ].join('\n'),
  );
});

const now = Date.parse('2026-06-01T00:00:00Z');
const cellMs = 5 * 60_000;
const contact = fc.option(
  fc.integer({ min: 0, max: 120_000 }).map((cells) => now - cells * cellMs),
  {
    nil: undefined,
  },
);
const row: fc.Arbitrary<Row> = fc.record({
  state: fc.constantFrom('running', 'dark', 'removed'),
  ...{ connected: fc.constant(true), isHeld: fc.constant(false), runs: fc.constant(undefined) },
  ...{ fleet: fc.constant(undefined), site: fc.constant(undefined), changeId: fc.constant(1) },
  contactAt: contact,
}) as fc.Arbitrary<Row>;
const moves = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.option(row, { nil: undefined })), { maxLength: 30 });

test('however devices come, go and are heard, ages count each that git names once, and their sum is right to the second', (t) => {
  fc.assert(
    fc.property(moves, (steps) => {
      const ages = new ContactAges();
      const rows = new Map<string, Row>();
      for (const [name, next] of steps) {
        ages.move(rows.get(name), next);
        if (next === undefined) rows.delete(name);
        else rows.set(name, next);
      }
      const counted = [...rows.values()].filter(({ state }) => state !== 'removed');
      const heard = counted.flatMap(({ contactAt }) => contactAt ?? []);
      const { counts, sum } = ages.at(now);
      t.is(ages.neverHeard, counted.length - heard.length);
      t.is(
        sum,
        heard.reduce((all, at) => all + (now - at) / 1000, 0),
      );
      let seen = 0;
      for (const [index, bound] of ageBoundsSeconds.entries()) {
        seen += counts[index]!;
        t.is(seen, heard.filter((at) => now - at - cellMs <= bound * 1000).length);
      }
      t.is(seen + counts.at(-1)!, heard.length);
    }),
  );
});

test('a loop that is held up shows by how long, and nothing is measured once nobody looks', (t) => {
  let nowMs = 0;
  let due: (() => void) | undefined;
  const after = (_delayMs: number, callback: () => void) => {
    due = callback;
    return {
      [Symbol.dispose]: () => {
        due = undefined;
      },
    };
  };
  const lateness = new LoopLateness({ monotonic: () => nowMs, after });
  for (const passedMs of [100, 101, 1_100]) {
    nowMs += passedMs;
    due?.();
  }
  t.is(lateness.seconds.sum, 1.001);
  t.deepEqual(lateness.seconds.counts, [2, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
  lateness[Symbol.dispose]();
  t.is(due, undefined);
});

test('commits are timed, and those that fail are counted by code and fail all the same', async (t) => {
  let nowMs = 0;
  const outcomes: (Error | undefined)[] = [
    undefined,
    new StateError('STATE_FULL', 'full'),
    new Error('what'),
    undefined,
  ];
  const commit = async (): Promise<void> => {
    nowMs += 30;
    const error = outcomes.shift();
    if (error !== undefined) throw error;
  };
  const state = new TimedState({ commit } as unknown as StatePort, { monotonic: () => nowMs });
  await state.commit([]);
  await t.throwsAsync(state.commit([]), { message: 'full' });
  await t.throwsAsync(state.commit([]), { message: 'what' });
  await state.commit([]);
  const lines = linesOf(stateFamilies(state));
  for (const line of [
    'fleet_state_commit_seconds_bucket{le="0.025"} 0',
    'fleet_state_commit_seconds_bucket{le="0.05"} 2',
    'fleet_state_commit_seconds_sum 0.06',
    'fleet_state_commit_failures_total{code="STATE_FULL"} 1',
    'fleet_state_commit_failures_total{code="UNEXPECTED"} 1',
  ])
    t.true(lines.includes(line), line);
});

test('a controller tells its devices by state, its branch, whom it did not let in and whether its state is written', async (t) => {
  const { fleet, boot, poll, settle, faults } = wholeShore();
  fleet.commit('all');
  const controller = await boot();
  await poll(controller);
  for (const device of ['eve', 'eve', 'mallory'])
    controller.onRefusal({ device, code: 'DEVICE_UNKNOWN', message: 'no' });
  const told = linesOf(fleetFamilies(controller.readings()));
  for (const line of [
    'fleet_devices{state="unknown"} 3',
    'fleet_devices_never_heard 3',
    'fleet_contact_age_seconds_gcount 0',
    'fleet_source_state{state="current"} 1',
    'fleet_source_state{state="refused"} 0',
    'fleet_refusals_total{code="DEVICE_UNKNOWN"} 3',
    'fleet_state_written 1',
  ])
    t.true(told.includes(line), line);
  faults.onCommit = () => {
    throw new StateError('STATE_FULL', 'no room');
  };
  controller.onRefusal({ device: 'late', code: 'DEVICE_UNKNOWN', message: 'no' });
  await settle();
  t.true(linesOf(fleetFamilies(controller.readings())).includes('fleet_state_written 0'));
});

test('trust that ends is told by when, and counted by how much there is to say of it', async (t) => {
  const { boot } = wholeShore();
  const readings = (await boot()).readings();
  const day = 86_400_000;
  const end = { kind: 'role', consequence: 'x stops', remedy: 'Sign it' } as const;
  const ends = [12, 5, 500].map((days) => ({ ...end, subject: `in ${days}`, expiresAt: readings.now + days * day }));
  const told = linesOf(fleetFamilies({ ...readings, ends }));
  const seconds = (readings.now + 5 * day) / 1000;
  for (const line of [
    `fleet_trust_ends_timestamp_seconds{kind="role",subject="in 5"} ${seconds}`,
    'fleet_trust_warnings{severity="urgent"} 1',
    'fleet_trust_warnings{severity="warning"} 1',
    'fleet_trust_warnings{severity="notice"} 0',
  ])
    t.true(told.includes(line), line);
});
