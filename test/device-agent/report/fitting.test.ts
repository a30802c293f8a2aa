import test from 'ava';
import { composeReport } from '../../../device-agent/report/compose.ts';
import { fittingReport } from '../../../device-agent/report/fitting.ts';
import { emptyMemory } from '../../../device-agent/update/state.ts';
import type { ApplicationReport } from '../../../schemas/generated/types.ts';
import { isReport } from '../../../schemas/generated/validators/report.js';

const reportOf = (applications: readonly ApplicationReport[]) =>
  composeReport({
    ...{
      memory: emptyMemory,
      applications,
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
    },
    ...{ agentVersion: '0.1.0', bytesReceived: 0, boot: { id: '1', number: 1 }, counter: 1, nowMs: 0 },
  });

function app(name: string, state: ApplicationReport['state'], message = 'm'.repeat(200)): ApplicationReport {
  const lines = ['what it printed last, of which a device keeps more than travels'];
  return { name, version: '1.0.0', state, since: '2026-01-01T00:00:00.000Z', restarts: 0, message, lines };
}

test('a report that has room travels as it is', (t) => {
  const report = reportOf([app('gauge', 'running'), app('pump', 'backoff')]);
  t.is(fittingReport(report), report);
});

test('a report of many applications that fail tells why, of as many as there is room for, and how many more there are', (t) => {
  const applications = Array.from({ length: 20 }, (_, at) => app(`application-${at}`, at < 6 ? 'running' : 'backoff'));
  const report = fittingReport(reportOf(applications));
  t.true(isReport(report));
  t.true(JSON.stringify(report).length <= 3072);
  t.is(report.applications.length + report.applicationsLeftOut!, 20);
  t.true(report.applications.length > 10);
  t.deepEqual([...new Set(report.applications.slice(0, 10).map(({ state }) => state))], ['backoff']);
  t.true(report.applications.every(({ message }) => message!.startsWith('mmmm')));
});

test('what runs well gives its details up before what does not', (t) => {
  const applications = [...Array(10).keys()].map((at) =>
    app(`application-${at}`, at === 9 ? 'failed' : 'running', 'm'),
  );
  const report = fittingReport(reportOf(applications.map((one) => ({ ...one, process: 'p'.repeat(100) }))));
  t.is(report.applicationsLeftOut, undefined);
  t.deepEqual(
    report.applications.map(({ lines }) => lines !== undefined),
    applications.map(({ state }) => state === 'failed'),
  );
});

test('one that flaps stays in a report where others have no room, also while it runs', (t) => {
  const applications = Array.from({ length: 64 }, (_, at) => app(`${'n'.repeat(50)}${at}`, 'running'));
  const report = fittingReport(reportOf(applications.map((one, at) => (at === 63 ? { ...one, flapping: true } : one))));
  t.true(report.applicationsLeftOut! > 0);
  t.like(report.applications[0], { name: applications[63]!.name, flapping: true });
});

test('a report of 64 talkative applications is cut to size, keeping those that do not run', (t) => {
  const applications = Array.from({ length: 64 }, (_, at) =>
    app(`${'n'.repeat(50)}${at}`, at === 63 ? 'failed' : 'running'),
  );
  const report = fittingReport(reportOf(applications));
  t.true(isReport(report));
  t.true(JSON.stringify(report).length <= 3072);
  t.true(report.applications.some(({ state }) => state === 'failed'));
});

test('what was seen of a condition gives way before reasons do, and the clause stays', (t) => {
  const applications = Array.from({ length: 9 }, (_, at) => app(`application-${at}`, 'failed', 'm'.repeat(150)));
  const seen = Array.from({ length: 8 }, () => ({ name: 'n'.repeat(60), value: 's'.repeat(60) }));
  const waiting = { to: 'activate' as const, code: 'WHEN', message: 'until facts.in_port' };
  const report = fittingReport({ ...reportOf(applications), waiting: { ...waiting, seen } });
  t.true(isReport(report));
  t.true(JSON.stringify(report).length <= 3072);
  t.deepEqual(report.waiting, waiting);
  t.is(report.applications[0]?.message?.length, 150);
});

test('of many links those with a budget and the one that leads out travel, where there is room for no more', (t) => {
  const since = '2026-03-01T00:00:00.000Z';
  const links = Array.from({ length: 32 }, (_, at) => ({
    ...{ name: `link-${at}-${'n'.repeat(40)}`, bytes: 1_000_000, since },
    ...(at === 30 ? { budget: { used: 1, bytes: 2, per: 'day' as const } } : {}),
    ...(at === 31 ? { leadsOut: true as const } : {}),
  }));
  const report = fittingReport({ ...reportOf([app('gauge', 'running', 'm')]), links });
  t.true(isReport(report));
  t.deepEqual(report.links, links.slice(30));
});
