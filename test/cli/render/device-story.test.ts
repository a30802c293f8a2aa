import test from 'ava';
import { deviceStory } from '../../../cli/render/device-story.ts';
import { statusScreen } from '../../../cli/render/status-screen.ts';
import { styleFor } from '../../../cli/render/style.ts';
import type { DeviceStatus, StatusDocument } from '../../../schemas/generated/types.ts';

test('what a device keeps for the shore is told with the reason, in its story and among the others; so is what it could not tell, and that its clock is wrong', (t) => {
  const at = '2026-03-01T01:00:00.000Z';
  const held = { code: 'NO_OUTLET', message: 'no outlet of the controller takes pump/alarms', channel: 'pump/alarms' };
  const outbox = { messages: 1, bytes: 12, oldestAt: '2026-03-01T00:00:00.000Z', dropped: 0, held };
  const report = {
    at,
    counter: 1,
    agentVersion: '0',
    phase: 'active',
    since: at,
    highestSequence: 0,
    applications: [{ name: 'pump', version: '1.0.0', state: 'backoff', since: at, restarts: 0, message: 'trap' }],
    applicationsLeftOut: 5,
  };
  const reason = { code: 'UP_TO_DATE', message: 'runs deployment 1' };
  const device = {
    ...{ name: 'buoy-1', labels: {}, state: 'running', reason, contactAt: at, connected: true, events: [] },
    report: { ...report, outbox, clock: { stands: 'ahead', by: 'shore' } },
  } as unknown as DeviceStatus;
  const outlets = [
    { name: 'webhook', state: 'failing', since: at, code: 'WEBHOOK_REFUSES', message: 'it answers 500' },
  ];
  const tally = { desired: 1, running: 1, runningConnected: 1, progressing: 0, failed: 0, dark: 0, unknown: 0 };
  const status = {
    ...{ asOf: at, tally, fleets: [], sites: [], devices: [device], refusals: [], outlets },
    source: { state: 'current', location: 'x', branch: 'main', problems: [] },
  } as unknown as StatusDocument;
  const story = deviceStory(device, status, styleFor(false), 200);
  const why = 'kept because no outlet of the controller takes pump/alarms (pump/alarms). NO_OUTLET';
  t.true(story.includes(`For the shore: 1 message (12 B) waits, the oldest for 1h; ${why}`), story);
  const screen = statusScreen(status, { columns: 200, style: styleFor(false), wide: false });
  t.true(screen.includes('failing  the webhook for messages: it answers 500 WEBHOOK_REFUSES (for 0s)'), screen);
  t.regex(screen, /runs deployment 1; keeps 1 message for the shore: no outlet/);
  t.regex(story, /\nAs it says, its clock is ahead of the controller's: what has expired by it is not installed\.\n/);
  t.regex(story, /\n {2}pump 1\.0\.0 backoff: trap\n {2}and 5 more; on the device, fleet agent status tells of all\n/);
});

test('a device that waits for its first deployment does not wait since the beginning of time', (t) => {
  const at = '2026-03-01T00:00:00.000Z';
  const since = '1970-01-01T00:00:00.000Z';
  const report = { at, counter: 1, agentVersion: '0', phase: 'idle', since, highestSequence: 0, applications: [] };
  const device: DeviceStatus = {
    name: 'buoy-1',
    state: 'running',
    reason: { code: 'NO_FLEET', message: 'no fleet selects it' },
    ...{ contactAt: at, connected: true, report, events: [] },
  } as unknown as DeviceStatus;
  const status: StatusDocument = {
    ...{ asOf: at, fleets: [], sites: [], devices: [device], refusals: [] },
    source: { state: 'current', location: 'x', branch: 'main', problems: [] },
  } as unknown as StatusDocument;
  const story = deviceStory(device, status, styleFor(false), 200);
  t.regex(story, /Then it ran nothing and waited for a deployment\./);
  t.notRegex(story, /\d{5}d/);
  t.notRegex(story, /gateway/);
  const around = { ...device, report: { ...report, through: 'bridge' } } as unknown as DeviceStatus;
  t.regex(deviceStory(around, status, styleFor(false), 200), /It comes through gateway bridge\./);
});

test('a window that is drawn again and again has those on top that are not well', (t) => {
  const states = { anna: 'running', berta: 'progressing', carl: 'dark', dora: 'failed', emil: 'running' } as const;
  const devices = Object.entries(states).map(([name, state]) => ({
    ...{ name, state, labels: {}, events: [], reason: { code: 'X', message: 'x' } },
  })) as unknown as DeviceStatus[];
  const tally = { desired: 5, running: 2, runningConnected: 2, progressing: 1, failed: 1, dark: 1, unknown: 0 };
  const status = {
    ...{ asOf: '2026-03-01T00:00:00.000Z', tally, fleets: [], sites: [], devices, refusals: [] },
    source: { state: 'current', location: 'x', branch: 'main', problems: [] },
  } as unknown as StatusDocument;
  const namesOf = (worstFirst: boolean) =>
    statusScreen(status, { columns: 200, style: styleFor(false), wide: false, worstFirst }).match(
      /^(anna|berta|carl|dora|emil)/gm,
    );
  t.deepEqual(namesOf(true), ['dora', 'carl', 'berta', 'anna', 'emil']);
  t.deepEqual(namesOf(false), Object.keys(states));
});

test('why nobody is let in under the name of a device that is not heard stands at the top of its story', (t) => {
  const contactAt = '2026-03-01T00:00:00.000Z';
  const device = {
    ...{ name: 'buoy-1', labels: {}, state: 'unknown', contactAt, connected: false, events: [] },
    reason: { code: 'NO_REPORT', message: 'it is not connected' },
  } as unknown as DeviceStatus;
  const refusal = { device: 'buoy-1', at: '2026-03-01T00:01:00.000Z', code: 'KEY_MISMATCH', message: 'another key' };
  const status = {
    ...{ asOf: '2026-03-01T00:02:00.000Z', fleets: [], sites: [], devices: [device], refusals: [refusal] },
    source: { state: 'current', location: 'x', branch: 'main', problems: [] },
  } as unknown as StatusDocument;
  const lineOf = (told: DeviceStatus) =>
    deviceStory(told, status, styleFor(false), 200)
      .split('\n')
      .indexOf('It was refused 1m ago: another key KEY_MISMATCH');
  t.is(lineOf(device), 1);
  t.true(
    lineOf({ ...device, connected: true }) > 1,
    'a stranger who is refused says nothing of a device that is there',
  );
});

test('who was not let in without a name is told of a device that was there last, and of one that was never anywhere', (t) => {
  const contactAt = '2026-03-01T00:00:00.000Z';
  const device = {
    ...{ name: 'buoy-1', labels: {}, state: 'dark', contactAt, connected: false, events: [], address: '192.0.2.7' },
    reason: { code: 'DARK', message: 'not heard' },
  } as unknown as DeviceStatus;
  const refusal = {
    address: '192.0.2.7',
    at: '2026-03-01T00:01:00.000Z',
    code: 'HANDSHAKE_UNFINISHED',
    message: 'why',
  };
  const status = {
    ...{ asOf: '2026-03-01T00:02:00.000Z', fleets: [], sites: [], devices: [device], refusals: [refusal] },
    source: { state: 'current', location: 'x', branch: 'main', problems: [] },
  } as unknown as StatusDocument;
  const lineOf = (told: Partial<DeviceStatus>) =>
    deviceStory({ ...device, ...told }, status, styleFor(false), 200)
      .split('\n')
      .find((line) => line.includes('HANDSHAKE'));
  t.is(lineOf({}), 'Somebody at its address, 192.0.2.7, was refused 1m ago: why HANDSHAKE_UNFINISHED');
  t.is(lineOf({ address: '192.0.2.8' }), undefined);
  t.is(lineOf({ connected: true }), undefined);
  const { address: _, ...nowhere } = device;
  const never = { ...nowhere, reason: { code: 'NEVER_HEARD', message: 'never' } } as DeviceStatus;
  const story = deviceStory(never, status, styleFor(false), 200);
  t.true(story.includes('Somebody at 192.0.2.7, maybe this device, was refused 1m ago: why'), story);
  t.false(deviceStory(nowhere as DeviceStatus, status, styleFor(false), 200).includes('HANDSHAKE'));
});

test('when a device that is silent will be heard is told with what that is known by, and said to be unknown where it is', (t) => {
  const asOf = '2026-03-01T00:00:00.000Z';
  const reason = { code: 'UP_TO_DATE', message: 'ran deployment 1; not connected now' };
  const tell = (expectedContact: DeviceStatus['expectedContact']) => {
    const device = {
      ...{ name: 'buoy-1', state: 'running', reason, contactAt: asOf, connected: false, events: [], labels: {} },
      ...(expectedContact && { expectedContact }),
    } as unknown as DeviceStatus;
    const tally = { desired: 1, running: 1, runningConnected: 0, progressing: 0, failed: 0, dark: 0, unknown: 0 };
    const status = {
      ...{ asOf, tally, fleets: [], sites: [], devices: [device], refusals: [] },
      source: { state: 'current', location: 'x', branch: 'main', problems: [] },
    } as unknown as StatusDocument;
    const screen = statusScreen(status, { columns: Number.POSITIVE_INFINITY, style: styleFor(false), wide: true });
    return deviceStory(device, status, styleFor(false), 200) + screen;
  };
  const usual = { silences: 12, usualSeconds: 21_600 };
  const by = '2026-03-01T06:30:00.000Z';
  const surelyBy = '2026-03-02T01:00:00.000Z';
  const expected = tell({ kind: 'expected', ...usual, by, surelyBy });
  const half = 'half of its last 12 silences were over within 6h';
  const sure = ', almost certainly by 2026-03-02T01:00Z';
  t.true(expected.includes(`It is expected by about 2026-03-01T06:30Z${sure}: ${half}.`), expected);
  t.regex(expected, / in 6h30m /);
  t.false(tell({ kind: 'expected', ...usual, by }).includes('certainly'));
  const overdue = tell({ kind: 'overdue', ...usual });
  t.true(overdue.includes(`It is silent for longer than it used to be: ${half}.`), overdue);
  t.regex(overdue, / overdue /);
  const unknown = tell({ kind: 'no-basis', silences: 1 });
  t.true(unknown.includes('When it will be heard nobody can say yet: it was silent too seldom.'), unknown);
  t.regex(unknown, / \? /);
  t.notRegex(tell(undefined), /expected|silent|nobody/);
});

test('by when devices of a fleet are heard that wait is told below the fleets, and where nobody can say', (t) => {
  const shares = [
    { percent: 95, by: '2026-03-01T06:30:00.000Z', surelyBy: '2026-03-02T01:00:00.000Z' },
    { percent: 100 },
  ];
  const tally = { desired: 100, running: 80, runningConnected: 0, progressing: 20, failed: 0, dark: 0, unknown: 0 };
  const screenOf = (forecast: object) => {
    const fleet = { name: 'ships', tally, applications: [], forecast: { devices: 100, ...forecast } };
    const status = {
      ...{ asOf: '2026-03-01T00:00:00.000Z', tally, fleets: [fleet], sites: [], devices: [], refusals: [] },
      source: { state: 'current', location: 'x', branch: 'main', problems: [] },
    } as unknown as StatusDocument;
    return statusScreen(status, { columns: 300, style: styleFor(false), wide: false });
  };
  const by = '95 % are heard by about 2026-03-01T06:30Z, almost certainly by 2026-03-02T01:00Z';
  const many = screenOf({ waiting: 20, withoutBasis: 2, shares });
  const told = `ships: 20 of 100 devices wait for contact; ${by}; 2 of them were silent too seldom to tell\n`;
  t.true(many.includes(told), many);
  const none = screenOf({ waiting: 1, withoutBasis: 1, shares: [{ percent: 100 }] });
  t.true(none.includes('ships: 1 of 100 devices waits for contact; when they are heard nobody can say yet\n'), none);
});

test('what a device counted on its links is told against the budget, with what it cost', (t) => {
  const at = '2026-03-09T00:00:00.000Z';
  const budget = { used: 30_000_000, bytes: 50_000_000, per: 'month' };
  const links = [
    { name: 'vsat', leadsOut: true, bytes: 42_500_000, since: '2026-02-01T00:00:00.000Z', budget },
    { name: 'port', bytes: 9_000_000, since: at, modulesAt: at, bitsPerSecond: 8_123_456 },
  ];
  const report = { at, counter: 1, agentVersion: '0', phase: 'idle', since: at, highestSequence: 0, applications: [] };
  const device = {
    ...{ name: 'bridge', labels: {}, state: 'running', reason: { code: 'NO_FLEET', message: 'none' }, events: [] },
    ...{ report: { ...report, links }, linkPrices: [{ name: 'vsat', price: 191.25, currency: 'EUR' }] },
  } as unknown as DeviceStatus;
  const status = {
    ...{ asOf: at, fleets: [], sites: [], devices: [device], refusals: [] },
    source: { state: 'current', location: 'x', branch: 'main', problems: [] },
  } as unknown as StatusDocument;
  const story = deviceStory(device, status, styleFor(false), 200);
  const vsat = 'vsat, which leads out: 42.5 MB since 2026-02-01, 191.25 EUR; 30.0 MB of 50.0 MB this month';
  const port = 'port: 9.00 MB since 2026-03-09; modules last came over it on 2026-03-09, usually at 8.12 Mbit/s';
  t.true(story.includes(`Links, as it counted:\n  ${vsat}\n  ${port}\n`), story);
});
