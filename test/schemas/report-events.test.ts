import test from 'ava';
import type { Report } from '../../schemas/generated/types.ts';
import { eventsBetween } from '../../schemas/report-events.ts';

const at = '2026-01-01T00:00:00Z';
const active: Report = {
  at,
  counter: 1,
  agentVersion: '0.1.0',
  phase: 'active',
  since: at,
  highestSequence: 1,
  running: { sequence: 1, revision: 'a'.repeat(40) },
  applications: [{ name: 'beacon', version: '1.0.0', state: 'running', since: at, restarts: 0 }],
};

test('a report that says nothing new makes no history', (t) => {
  t.deepEqual(eventsBetween(active, { ...active, counter: 2 }, at), []);
});

test('a new phase, a new problem and a failing application are each told once', (t) => {
  const next: Report = {
    ...active,
    counter: 2,
    phase: 'fetching',
    target: { sequence: 2, revision: 'b'.repeat(40) },
    problem: { code: 'DIGEST', message: 'another digest', at, sequence: 2 },
    applications: [{ ...active.applications[0]!, state: 'backoff', restarts: 1, message: 'unreachable executed' }],
  };
  const events = eventsBetween(active, next, at);
  t.deepEqual(
    events.map(({ code }) => code),
    ['PHASE_FETCHING', 'DIGEST', 'APPLICATION_FAILED'],
  );
  t.deepEqual(eventsBetween(next, { ...next, counter: 3 }, at), []);
});

test('an application whose events fail is told to be tried again, one that ended to be started again', (t) => {
  const failing = { ...active.applications[0]!, state: 'backoff', message: 'trap: unreachable' } as const;
  const messageOf = (application: Report['applications'][number]) =>
    eventsBetween(active, { ...active, applications: [application] }, at)[0]?.message;
  t.is(messageOf(failing), 'beacon 1.0.0 ended and will be started again: trap: unreachable');
  const evented = { ...failing, events: { handled: 0, failed: 3 } };
  t.is(messageOf(evented), 'beacon 1.0.0 fails, and is tried again later: trap: unreachable');
});
