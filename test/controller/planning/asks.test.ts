/** Devices that ask in a rhythm which they announce: by it they are there, late or dark. */
import test from 'ava';
import type { DesiredDevice } from '../../../controller/manifests/desired.ts';
import { changesAt, deviceStatus } from '../../../controller/planning/device-status.ts';
import type { DescribedDevice } from '../../../controller/planning/observed.ts';
import type { Report } from '../../../schemas/generated/types.ts';

const hourMs = 3_600_000;
const heardAt = Date.parse('2026-03-01T00:00:00Z');
const revision = 'a'.repeat(40);
const desired: DesiredDevice = {
  ...{ name: 'buoy', labels: {}, keyFingerprint: `SHA256:${'A'.repeat(43)}`, darkAfterSeconds: 3600 },
  template: { probationSeconds: 30, applications: [], hash: 'f'.repeat(64) },
};
const report: Report = {
  ...{ at: '', since: '', counter: 1, agentVersion: '', phase: 'active', highestSequence: 3, applications: [] },
  running: { sequence: 3, revision },
  asks: { everySeconds: 21_600, why: 'plan' },
};
const observed: DescribedDevice = {
  ...{ report, contactAt: heardAt, connected: false, events: [] },
  issued: { sequence: 3, revision, issuedAt: heardAt, templateHash: desired.template.hash, applications: [] },
};

test('a device that asks every six hours runs what it runs for six hours, and is dark once it is late', (t) => {
  const after = (hours: number) => deviceStatus(desired, observed, heardAt + hours * hourMs);
  t.like(after(6), {
    state: 'running',
    reason: { message: 'runs deployment 3; asks every 6 h over HTTPS, by plan' },
    expectedContact: { kind: 'expected', by: '2026-03-01T06:00:00.000Z' },
  });
  t.is(after(7).state, 'running', 'it may come a little late');
  t.like(after(8), { state: 'dark', expectedContact: { kind: 'overdue' } });
  const changes = changesAt(desired, observed, heardAt)!;
  t.is(deviceStatus(desired, observed, changes - 1).state, 'running');
  t.is(deviceStatus(desired, observed, changes).state, 'dark');
});

test('who claims to ask once in a year is believed as far as an agent can be told so, and is dark then', (t) => {
  const liar = { ...observed, report: { ...report, asks: { everySeconds: 31_622_400, why: 'plan' as const } } };
  t.is(deviceStatus(desired, liar, heardAt + 37 * 24 * hourMs).state, 'running');
  t.like(deviceStatus(desired, liar, heardAt + 38 * 24 * hourMs), {
    state: 'dark',
    expectedContact: { kind: 'overdue', usualSeconds: 2_592_000 },
  });
});

test('what git allows counts where it is longer, and for one that has a session its rhythm counts for nothing', (t) => {
  const patient = { ...desired, darkAfterSeconds: 86_400 };
  t.is(deviceStatus(patient, observed, heardAt + 23 * hourMs).state, 'running');
  const { asks: _asks, ...plain } = report;
  t.is(deviceStatus(desired, { ...observed, report: plain }, heardAt + 2 * hourMs).state, 'dark');
  const connected = deviceStatus(desired, { ...observed, connected: true }, heardAt + hourMs);
  t.is(connected.reason.message, 'runs deployment 3');
  t.is(connected.expectedContact, undefined);
});
