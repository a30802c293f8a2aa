import test from 'ava';
import { placeHabits } from '../../cli/simulated-contacts.ts';
import { linksUsed } from '../../cli/simulated-links.ts';
import { simulationQuestion } from '../../cli/simulation-options.ts';
import { withSilence } from '../../controller/planning/contact-history.ts';
import type { DeviceStatus } from '../../schemas/generated/types.ts';
import { namedDevice } from '../controller/engine/test-engine.ts';

const at = '2026-03-01T00:00:00.000Z';
const dayMs = 86_400_000;

const devices = new Map(
  ['bridge', 'engine', 'buoy'].map((name) => {
    const device = namedDevice(name, 'SHA256:x');
    return [name, name === 'buoy' ? device : { ...device, site: 'aurora' }];
  }),
);

const silences = [1, 2, 2, 3].map((days) => days * dayMs).reduce((all, ms) => withSilence(all, ms), '');

function status(name: string, more: Partial<DeviceStatus> = {}): DeviceStatus {
  return {
    name,
    labels: {},
    state: 'running',
    reason: { code: 'UP_TO_DATE', message: 'it runs' },
    events: [],
    ...more,
  };
}

function habits(known: readonly DeviceStatus[], ...contact: string[]) {
  const asked = simulationQuestion({
    positionals: [],
    flags: new Set(),
    values: {},
    lists: { contact, dark: ['buoy=3d'] },
  });
  return placeHabits(asked, devices, known);
}

test('a site comes into contact as the one of its devices does of which most is remembered, from where it is now', (t) => {
  const known = [status('bridge', { silences: '1' }), status('engine', { silences, connected: false, linkSince: at })];
  const { habitOf, basisOf } = habits(known);
  t.deepEqual(habitOf('aurora'), { kind: 'ship', silences, now: { isUp: false, since: Date.parse(at) } });
  t.deepEqual(habitOf('buoy'), { kind: 'ship', darkMs: 3 * dayMs });
  t.deepEqual(basisOf(new Set(['aurora', 'buoy'])), { places: 2, remembered: 1 });
});

test('what is said of a place counts more than what is remembered of it, and too few silences are no basis', (t) => {
  const said = habits([status('engine', { silences })], 'always', 'aurora=vehicle');
  t.deepEqual(said.habitOf('aurora'), { kind: 'vehicle' });
  t.is(said.habitOf('buoy').kind, 'always');
  t.is(said.basisOf(new Set(['aurora'])).remembered, 0);
  t.is(habits([status('engine', { silences: '1' })]).basisOf(new Set(['aurora'])).remembered, 0);
});

test('of the budgets of its links a device has what it told to have taken, as of its report', (t) => {
  const links = [
    { name: 'vsat', bytes: 900, budget: { used: 700, bytes: 1_000, per: 'day' as const } },
    { name: 'port', bytes: 5_000 },
  ];
  const reported = { at, counter: 1, agentVersion: '1', phase: 'active' as const, since: at, highestSequence: 1 };
  const usedOf = linksUsed([status('bridge', { report: { ...reported, applications: [], links } }), status('cab')]);
  t.deepEqual(usedOf('bridge'), [{ link: 'vsat', bytes: 700, atMs: Date.parse(at) }]);
  t.deepEqual([usedOf('cab'), usedOf('nobody')], [[], []]);
});
