import test from 'ava';
import { composeReport, type ReportParts } from '../../../device-agent/report/compose.ts';
import { changeBetween } from '../../../device-agent/report/pace.ts';
import { emptyMemory } from '../../../device-agent/update/state.ts';
import type { ApplicationReport } from '../../../schemas/generated/types.ts';

const parts: ReportParts = {
  memory: emptyMemory,
  applications: [],
  progress: undefined,
  waiting: undefined,
  hostDeath: undefined,
  ...{
    outbox: undefined,
    links: undefined,
    neighbours: undefined,
    asks: undefined,
    through: undefined,
    clock: undefined,
  },
  agentVersion: '0.1.0',
  bytesReceived: 0,
  boot: { id: '1', number: 1 },
  counter: 1,
  nowMs: 0,
};

function app(name: string, state: ApplicationReport['state']): ApplicationReport {
  const message = 'm'.repeat(200);
  return { name, version: '1.0.0', state, since: '2026-01-01T00:00:00.000Z', restarts: 0, message };
}

test('a change is as urgent as its weightiest part, and time alone is none', (t) => {
  const before = composeReport(parts);
  t.is(changeBetween(undefined, before), 'phase');
  t.is(changeBetween(before, composeReport({ ...parts, counter: 9, nowMs: 5, bytesReceived: 7 })), 'none');
  t.is(changeBetween(before, composeReport({ ...parts, applications: [app('a', 'running')] })), 'applications');
  t.is(changeBetween(before, composeReport({ ...parts, clock: { stands: 'ahead', by: 'shore' } })), 'applications');
  const memory = { ...emptyMemory, highest: { sequence: 1, envelope: '' } };
  t.is(changeBetween(before, composeReport({ ...parts, memory, applications: [app('a', 'running')] })), 'phase');
});

test('a fact that is a number waits for a quarter of an hour, any other for a minute at most', (t) => {
  const at = '2026-01-01T00:00:00.000Z';
  const withFacts = (speed: number, inPort: boolean) =>
    composeReport({
      ...parts,
      applications: [
        { ...app('a', 'running'), facts: { speed: { value: speed, at }, in_port: { value: inPort, at } } },
      ],
    });
  t.is(changeBetween(withFacts(1, false), withFacts(1, false)), 'none');
  t.is(changeBetween(withFacts(1, false), withFacts(2, false)), 'numbers');
  t.is(changeBetween(withFacts(1, false), withFacts(1, true)), 'progress');
});

test('what is seen of a condition that is waited for can wait; which clause it is can not', (t) => {
  const waitingFor = (clause: string, value: number) =>
    composeReport({
      ...parts,
      waiting: { to: 'activate', code: 'WHEN', message: clause, seen: [{ name: 'facts.speed', value }] },
    });
  t.is(changeBetween(waitingFor('a', 1), waitingFor('a', 2)), 'numbers');
  t.is(changeBetween(waitingFor('a', 1), waitingFor('b', 1)), 'moment');
});

test('bytes on links are no reason for a report; that another link leads out can wait', (t) => {
  const onLinks = (out: string, bytes: number) =>
    composeReport({
      ...parts,
      links: ['vsat', 'port'].map((name) => ({ name, bytes, ...(name === out ? { leadsOut: true as const } : {}) })),
    });
  t.is(changeBetween(onLinks('vsat', 1), onLinks('vsat', 2)), 'none');
  t.is(changeBetween(onLinks('vsat', 1), onLinks('port', 1)), 'numbers');
});
