/** Random devices and what is known of them, for properties of the planner. */
import fc from 'fast-check';
import type { DesiredDevice } from '../../../controller/manifests/desired.ts';
import type { DescribedDevice } from '../../../controller/planning/observed.ts';
import type { Report } from '../../../schemas/generated/types.ts';

/** The moment at which everything is judged. */
export const now = Date.parse('2026-06-01T00:00:00Z');

const hash = fc.constantFrom('a'.repeat(64), 'b'.repeat(64));
const sequence = fc.integer({ min: 1, max: 5 });
const revision = 'c'.repeat(40);
const time = fc.integer({ min: now - 10 ** 9, max: now }).map((ms) => new Date(ms).toISOString());

const applicationReport = fc.record(
  {
    name: fc.constantFrom('beacon', 'logger'),
    version: fc.constantFrom('1.0.0', '1.1.0'),
    state: fc.constantFrom('starting', 'running', 'backoff', 'completed', 'failed', 'stopped'),
    since: time,
    restarts: fc.nat(9),
    message: fc.constant('unreachable executed'),
  },
  { requiredKeys: ['name', 'version', 'state', 'since', 'restarts'] },
);

export const report: fc.Arbitrary<Report> = fc.record(
  {
    at: time,
    counter: fc.nat(100),
    agentVersion: fc.constant('0.1.0'),
    phase: fc.constantFrom('idle', 'fetching', 'staged', 'activating', 'probation', 'active'),
    since: time,
    highestSequence: fc.nat(6),
    running: fc.record({ sequence, revision: fc.constant(revision) }),
    target: fc.record({ sequence, revision: fc.constant(revision) }),
    applications: fc.array(applicationReport, { maxLength: 2 }),
    problem: fc.record(
      { code: fc.constantFrom('DIGEST', 'PROBATION_FAILED'), message: fc.constant('x'), at: time, sequence },
      { requiredKeys: ['code', 'message', 'at'] },
    ),
  },
  { requiredKeys: ['at', 'counter', 'agentVersion', 'phase', 'since', 'highestSequence', 'applications'] },
);

export const desiredDevice: fc.Arbitrary<DesiredDevice> = fc
  .record({ hash, key: fc.boolean(), fleet: fc.boolean(), darkAfterSeconds: fc.integer({ min: 5, max: 10 ** 6 }) })
  .map(({ hash, key, fleet, darkAfterSeconds }) => ({
    name: 'nav',
    labels: {},
    darkAfterSeconds,
    ...(key ? { keyFingerprint: `SHA256:${'A'.repeat(43)}` } : {}),
    ...(fleet ? { fleet: 'ships' } : {}),
    template: { probationSeconds: 30, applications: [], hash, ...(fleet ? { fleet: 'ships' } : {}) },
  }));

export const observedDevice: fc.Arbitrary<DescribedDevice> = fc.record(
  {
    issued: fc.record({
      sequence,
      revision: fc.constant(revision),
      issuedAt: fc.integer({ min: now - 10 ** 9, max: now }),
      templateHash: hash,
      applications: fc.constant([]),
    }),
    report,
    contactAt: fc.integer({ min: now - 10 ** 9, max: now }),
    connected: fc.boolean(),
    events: fc.constant([]),
  },
  { requiredKeys: ['events'] },
);
