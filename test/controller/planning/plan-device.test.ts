import test from 'ava';
import fc from 'fast-check';
import { isUntaken } from '../../../controller/planning/observed.ts';
import { planDevice, tookAnother } from '../../../controller/planning/plan-device.ts';
import type { Report } from '../../../schemas/generated/types.ts';
import { desiredDevice, now, observedDevice } from './arbitraries.ts';

test('planDevice() issues nothing to a device whose key git does not name', (t) => {
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, observed) => {
      const { keyFingerprint: _, ...keyless } = desired;
      return planDevice(keyless, observed, now).kind === 'hold';
    }),
  );
  t.pass();
});

test('planDevice() is content with what it issued itself, unless the device has seen a higher sequence', (t) => {
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, observed) => {
      const decision = planDevice(desired, observed, now);
      if (decision.kind !== 'deploy') return true;
      const sequence = Math.max(observed.issued?.sequence ?? 0, observed.report?.highestSequence ?? 0) + 1;
      const issued = {
        sequence,
        revision: 'd'.repeat(40),
        issuedAt: 0,
        templateHash: desired.template.hash,
        applications: [],
      };
      return planDevice(desired, { ...observed, issued }, now).kind === 'hold';
    }),
  );
  t.pass();
});

test('planDevice() deploys when the manifests ask for something else, and always says why', (t) => {
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, observed) => {
      const decision = planDevice(desired, observed, now);
      const differs = observed.issued !== undefined && observed.issued.templateHash !== desired.template.hash;
      const mayMove = desired.keyFingerprint !== undefined;
      return decision.message.length > 0 && (!(differs && mayMove) || decision.kind === 'deploy');
    }),
  );
  t.pass();
});

test('planDevice() issues anew when the device took another deployment under the same sequence', (t) => {
  const applications = [{ name: 'gauge', version: '1.0.0' }];
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, observed) => {
      const { report } = observed;
      if (desired.keyFingerprint === undefined || report === undefined) return true;
      const sequence = report.highestSequence;
      const revision = 'd'.repeat(40);
      const issued = { sequence, revision, issuedAt: 0, templateHash: desired.template.hash, applications };
      const { target: _, problem: __, ...quiet } = report;
      const told = { ...quiet, running: { sequence, revision: 'e'.repeat(40) } };
      const complaint = { code: 'SEQUENCE_REUSED', message: 'another deployment', sequence, at: report.at };
      const decide = (said: Report) => planDevice(desired, { ...observed, issued, report: said }, now).kind;
      const calm = { ...quiet, running: { sequence, revision } };
      return (
        decide(told) === 'deploy' && decide({ ...calm, problem: complaint }) === 'deploy' && decide(calm) === 'hold'
      );
    }),
  );
  t.pass();
});

test('planDevice() issues anew what another key signed while the device is on its way to it, and nothing that is settled', (t) => {
  const applications = [{ name: 'gauge', version: '1.0.0' }];
  const at = '2026-06-01T00:00:00Z';
  const revision = 'd'.repeat(40);
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, { report: _, ...observed }) => {
      if (desired.keyFingerprint === undefined) return;
      const base = { sequence: 5, revision, issuedAt: 0, templateHash: desired.template.hash, applications };
      const report: Report = {
        ...{ at, since: at, counter: 1, agentVersion: '0', phase: 'active', highestSequence: 5, applications: [] },
        running: { sequence: 5, revision },
      };
      const causeFor = (said: Report | undefined, signedBy: string | undefined, key: string | undefined) => {
        const issued = { ...base, ...(signedBy && { signedBy }) };
        return planDevice(desired, { ...observed, issued, ...(said && { report: said }) }, now, key).cause;
      };
      const older = { sequence: 4, revision };
      const pending = [
        undefined,
        { ...report, highestSequence: 4, running: older },
        { ...report, phase: 'fetching' as const, running: older, target: { sequence: 5, revision } },
      ];
      for (const said of pending) {
        t.is(causeFor(said, 'old', 'new'), 'KEY_CHANGED');
        t.is(causeFor(said, 'new', 'new'), 'ISSUED');
        t.is(causeFor(said, undefined, 'new'), 'ISSUED', 'what was issued before keys were written down stays');
      }
      t.is(causeFor(report, 'old', 'new'), 'ISSUED', 'it runs');
      t.is(causeFor({ ...report, running: older }, 'old', 'new'), 'ISSUED', 'it ran, and was given up');
    }),
    { numRuns: 20 },
  );
});

const hold = fc.record(
  {
    reason: fc.constant('sea trial'),
    until: fc.integer({ min: -1, max: 1 }).map((days) => new Date(now + days * 86_400_000).toISOString()),
  },
  { requiredKeys: ['reason'] },
);

test('planDevice() gives a held device nothing else than it was issued, and once its hold is over what it would get without', (t) => {
  fc.assert(
    fc.property(desiredDevice, observedDevice, hold, (free, observed, wanted) => {
      const desired = { ...free, hold: wanted };
      const isOver = wanted.until !== undefined && Date.parse(wanted.until) <= now;
      const decision = planDevice(desired, observed, now, 'key');
      const without = planDevice(free, observed, now, 'key');
      const hasIt = observed.issued?.templateHash === free.template.hash && !tookAnother(observed);
      const isSame = hasIt && !isUntaken(observed);
      if (isOver || isSame || without.cause === 'NO_KEY') return t.deepEqual(decision, without);
      t.like(decision, { cause: 'HELD', kind: 'hold' }, 'also where what it took is not known any more');
      t.is(decision.kind === 'hold' && decision.withholds === true, isUntaken(observed));
    }),
  );
});
