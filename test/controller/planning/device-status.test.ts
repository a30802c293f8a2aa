import test from 'ava';
import fc from 'fast-check';
import type { DesiredDevice } from '../../../controller/manifests/desired.ts';
import { darkAfterMs } from '../../../controller/planning/asks.ts';
import { changesAt, deviceStatus, removedDeviceStatus } from '../../../controller/planning/device-status.ts';
import type { DescribedDevice } from '../../../controller/planning/observed.ts';
import { convergenceOf } from '../../../controller/planning/tally.ts';
import type { Report } from '../../../schemas/generated/types.ts';
import { desiredDevice, now, observedDevice } from './arbitraries.ts';

test('a device that was silent for too long is never shown as running', (t) => {
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, observed) => {
      const silentMs = now - (observed.contactAt ?? Number.NEGATIVE_INFINITY);
      const isSilent = observed.connected !== true && silentMs > darkAfterMs(desired, observed);
      const { state } = deviceStatus(desired, observed, now);
      return !isSilent || state === 'dark' || state === 'unknown';
    }),
  );
  t.pass();
});

test('a contact that lies in the future, since the clock was set back, shows nobody as running', (t) => {
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, observed) => {
      const contactAt = now + 3_600_000;
      const shown = deviceStatus(desired, { ...observed, contactAt, connected: false }, now);
      const connected = deviceStatus(desired, { ...observed, contactAt, connected: true }, now);
      const isNow = connected.contactAt === new Date(now).toISOString();
      return shown.state === 'dark' && !('contactAt' in shown) && connected.state !== 'dark' && isNow;
    }),
  );
  t.pass();
});

test('a device is shown as running only when it said that it runs the newest deployment, and well', (t) => {
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, observed) => {
      const { state, reason } = deviceStatus(desired, observed, now);
      if (state !== 'running') return true;
      const { report, issued } = observed;
      // Nothing is wanted of it, and it said that it runs nothing.
      if (reason.code === 'NO_FLEET') return report !== undefined && !('running' in report) && !('target' in report);
      return (
        report?.phase === 'active' &&
        report.running?.sequence === issued?.sequence &&
        issued?.templateHash === desired.template.hash &&
        report.applications.every((application) => application.state !== 'failed' && application.state !== 'backoff')
      );
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

const desired: DesiredDevice = {
  name: 'nav',
  labels: {},
  fleet: 'ships',
  keyFingerprint: `SHA256:${'A'.repeat(43)}`,
  darkAfterSeconds: 3600,
  template: { fleet: 'ships', probationSeconds: 30, applications: [], hash: 'a'.repeat(64) },
};
const issued = {
  sequence: 3,
  revision: 'c'.repeat(40),
  issuedAt: now - 60_000,
  templateHash: 'a'.repeat(64),
  applications: [],
};
const report: Report = {
  at: '2026-05-31T23:59:00Z',
  counter: 1,
  agentVersion: '0.1.0',
  phase: 'active',
  since: '2026-05-31T23:59:00Z',
  highestSequence: 3,
  running: { sequence: 2, revision: 'b'.repeat(40) },
  applications: [],
};

function statusOf(observed: Partial<DescribedDevice>): string {
  const { state, reason } = deviceStatus(
    desired,
    { events: [], contactAt: now, connected: true, issued, ...observed },
    now,
  );
  return `${state} ${reason.code}`;
}

test('every device that does not run what it should says why', (t) => {
  const refusal = {
    code: 'DIGEST',
    message: 'the artifact has another digest',
    at: '2026-05-31T23:59:00Z',
    sequence: 3,
  };
  t.is(statusOf({ report: { ...report, running: { sequence: 3, revision: 'c'.repeat(40) } } }), 'running UP_TO_DATE');
  t.is(statusOf({ report: { ...report, highestSequence: 2 } }), 'progressing NOT_TAKEN');
  t.is(statusOf({ report: { ...report, highestSequence: 2 }, connected: false }), 'progressing WAITS_FOR_CONTACT');
  t.is(statusOf({ report }), 'failed WENT_BACK');
  t.is(statusOf({ report: { ...report, problem: refusal } }), 'failed DIGEST');
  t.is(
    statusOf({ report: { ...report, phase: 'fetching', target: { sequence: 3, revision: 'c'.repeat(40) } } }),
    'progressing PHASE_FETCHING',
  );
  const waiting = { to: 'activate' as const, code: 'WINDOW', message: 'waits for a window to activate' };
  const staged: Report = { ...report, phase: 'waiting', waiting, target: { sequence: 3, revision: 'c'.repeat(40) } };
  t.is(statusOf({ report: staged }), 'progressing WINDOW');
  const clause = {
    ...waiting,
    code: 'WHEN',
    message: 'until facts.in_port',
    seen: [{ name: 'facts.in_port', value: false }],
  };
  const { reason } = deviceStatus(
    desired,
    { events: [], contactAt: now, issued, report: { ...staged, waiting: clause } },
    now,
  );
  t.is(`${reason.code} ${reason.message}`, 'WHEN deployment 3: until facts.in_port; seen: facts.in_port false');
  t.is(statusOf({ report, connected: false, contactAt: now - 4_000_000 }), 'dark DARK');
  t.is(statusOf({}), 'progressing NO_REPORT');
});

test('of a device that is dark it is told how far it was with its newest, which waits for its contact only where it has not seen that', (t) => {
  const told = (said: Partial<Report>) => {
    const silent = { events: [], contactAt: now - 4_000_000, connected: false, issued };
    return deviceStatus(desired, { ...silent, report: { ...report, ...said } }, now).reason.message.split('; ')[2];
  };
  const target = { sequence: 3, revision: 'c'.repeat(40) };
  t.is(told({ highestSequence: 2 }), 'deployment 3 waits for its next contact');
  t.is(told({ phase: 'fetching', target }), 'it was on its way to deployment 3');
  t.is(told({}), 'it had refused deployment 3, or gone back from it');
  t.is(told({ highestSequence: 7 }), 'it had seen deployment 7');
  const { reason } = removedDeviceStatus('nav', { events: [], issued, report }, now);
  t.is(reason.message, 'git no longer names it; at the time it ran deployment 2', 'nothing waits for it any more');
});

test('an application that flaps is shown as failing whenever it was looked at, and a condition that flaps as such', (t) => {
  const running = { sequence: 3, revision: 'c'.repeat(40) };
  const gauge = { name: 'gauge', version: '1.0.0', state: 'running', since: report.since, restarts: 9 } as const;
  t.is(statusOf({ report: { ...report, running, applications: [gauge] } }), 'running UP_TO_DATE');
  const flapping = { ...report, running, applications: [{ ...gauge, flapping: true as const, message: 'trap' }] };
  const { state, reason } = deviceStatus(desired, { events: [], contactAt: now, issued, report: flapping }, now);
  t.is(`${state} ${reason.code}`, 'failed APPLICATION_FLAPS');
  t.is(
    reason.message,
    'gauge 1.0.0 fails: trap; it flaps: it failed 6 times or more within an hour (9 restarts so far)',
  );
  const waiting = { to: 'activate', code: 'WHEN', message: 'until facts.in_port', flapping: true } as const;
  const staged: Report = { ...report, phase: 'waiting', waiting, target: running };
  const waits = deviceStatus(desired, { events: [], contactAt: now, issued, report: staged }, now);
  t.regex(waits.reason.message, /until facts\.in_port; it flaps: what it waits for changed 12 times/);
});

test('a device that is not connected and said nothing under its key is not said to be connected, nor on its way', (t) => {
  const { state, reason } = deviceStatus(desired, { events: [], contactAt: now, connected: false, issued }, now);
  t.is(`${state} ${reason.code}`, 'unknown NO_REPORT');
  t.regex(reason.message, /not connected/);
});

test('a device that is connected is not dark, however long it has had nothing to say', (t) => {
  const running = { ...report, running: { sequence: 3, revision: 'c'.repeat(40) } };
  t.is(statusOf({ report: running, connected: true, contactAt: now - 4_000_000 }), 'running UP_TO_DATE');
  t.is(changesAt(desired, { connected: true, contactAt: now }, now), undefined, 'nor is it waited for');
});

test('what is not believed of a device is told, and shows it neither running nor merely late', (t) => {
  const running = { ...report, running: { sequence: 3, revision: 'c'.repeat(40) } };
  const dropped = { code: 'REPORT_LATE', message: 'a report that is older than one that is known', since: now };
  t.is(statusOf({ report: running, dropped }), 'failed REPORT_LATE');
  const takeovers = { count: 3, since: now - 60_000, at: now, addresses: ['10.0.0.2', '10.0.0.3'] };
  t.is(statusOf({ report: running, takeovers }), 'failed TWO_MACHINES');
  t.is(statusOf({ report: running, takeovers: { ...takeovers, count: 1 } }), 'running UP_TO_DATE');
  t.is(statusOf({ report: running, takeovers: { ...takeovers, at: now - 7_200_000 } }), 'running UP_TO_DATE');
  const ahead = { ...takeovers, at: now + 365 * 86_400_000 };
  t.is(statusOf({ report: running, takeovers: ahead }), 'running UP_TO_DATE', 'by a clock that ran ahead');
  const leaping = { ...running, highestSequence: Number.MAX_SAFE_INTEGER };
  t.is(statusOf({ report: leaping }), 'failed SEQUENCE_NOT_PLAUSIBLE');
  const unsettled = { kind: 'deliver', since: now, attempts: 2, failure: 'the broker is away' } as const;
  t.is(statusOf({ report: { ...report, highestSequence: 2 }, unsettled }), 'progressing NOT_DELIVERED');
});

test('one failing device makes a fleet failed, one silent one makes it stale, none makes it converged', (t) => {
  const tally = { desired: 3, running: 3, runningConnected: 3, progressing: 0, failed: 0, dark: 0, unknown: 0 };
  t.is(convergenceOf(tally), 'converged');
  t.is(convergenceOf({ ...tally, dark: 1 }), 'stale');
  t.is(convergenceOf({ ...tally, unknown: 1 }), 'stale');
  t.is(convergenceOf({ ...tally, dark: 1, progressing: 1 }), 'progressing');
  t.is(convergenceOf({ ...tally, progressing: 1, failed: 1 }), 'failed');
});

test('a deployment on its way that a key signed which signs no more is told to be issued anew, with the reason', (t) => {
  const observed = { events: [], contactAt: now, connected: true, issued: { ...issued, signedBy: 'old' } };
  const { reason } = deviceStatus(desired, { ...observed, report: { ...report, highestSequence: 2 } }, now, 'new');
  t.is(reason.code, 'TO_BE_ISSUED');
  t.regex(reason.message, /was signed with key old, which signs no more/);
});

test('a device that is held below what git wants runs, and says that it is held, why and until when', (t) => {
  const hold = { reason: 'sea trial', until: '2026-06-02T00:00:00Z' };
  const running = { ...report, running: { sequence: 3, revision: issued.revision } };
  const heldBack = { ...desired, hold, template: { ...desired.template, hash: 'e'.repeat(64) } };
  const observed = { events: [], contactAt: now, connected: true, issued, report: running };
  const shown = deviceStatus(heldBack, observed, now);
  t.is(`${shown.state} ${shown.reason.code}`, 'running HELD');
  t.regex(
    shown.reason.message,
    /is held at deployment 3, and .* something else; held until 2026-06-02T00:00Z: sea trial/,
  );
  t.deepEqual(shown.hold, hold);
  t.is(changesAt(heldBack, observed, now), Date.parse(hold.until));
  t.is(deviceStatus(heldBack, observed, Date.parse(hold.until)).reason.code, 'TO_BE_ISSUED');
  t.is(deviceStatus({ ...desired, hold }, observed, now).reason.code, 'UP_TO_DATE', 'held where git wants it');
  const later = { ...report, highestSequence: 5, running: { sequence: 5, revision: 'd'.repeat(40) } };
  const unknown = deviceStatus({ ...desired, hold }, { ...observed, report: later }, now);
  t.is(`${unknown.state} ${unknown.reason.code}`, 'running HELD');
  t.regex(unknown.reason.message, /is held at deployment 5, of which nothing is known any more; held until/);
});
