import test from 'ava';
import { checkDocument } from '../../../controller/manifests/document-check.ts';
import { healthTerms } from '../../../controller/manifests/health-terms.ts';

function findingsOf(spec: object): readonly string[] {
  const metadata = { name: 'app' };
  const manifest = { apiVersion: 'fleet/v1alpha1', kind: 'Application', metadata, spec: { release: '1', ...spec } };
  const checked = checkDocument(manifest, 0);
  if (checked.kind === 'manifest') return [];
  return checked.findings.map(({ code, path, message }) => `${code} ${path.join('.')}: ${message}`);
}

const schedule = { trigger: { schedule: { cron: '* * * * *' } } };

test('a check that an application could never pass is refused where it stands, with what would do', (t) => {
  t.deepEqual(findingsOf({ health: { up: '2m', restarts: 0 } }), []);
  t.deepEqual(findingsOf({ restart: 'never', health: { ends: '30s' } }), []);
  t.deepEqual(findingsOf({ health: { ends: '30s' } }), [
    'NEVER_HEALTHY spec.health.ends: it is started again whenever it ends; add spec.restart: never or on-failure',
  ]);
  t.deepEqual(findingsOf({ ...schedule, health: { ends: '30s' } }), [
    'NEVER_HEALTHY spec.health.ends: it has a trigger and is there for the next event; use failedEvents',
  ]);
  t.deepEqual(findingsOf({ restart: 'never', health: { ends: '30s', up: '1m' } }), [
    'NEVER_HEALTHY spec.health.ends: it can not end and go on without an end; remove ends or up',
  ]);
  t.deepEqual(findingsOf({ ...schedule, health: { failedEvents: 3 } }), []);
  t.deepEqual(findingsOf({ health: { failedEvents: 3 } }), [
    'NO_TRIGGER spec.health.failedEvents: without a trigger it has no events; use restarts, or add spec.trigger',
  ]);
});

test('a fact that an application does not publish is no check of its health', (t) => {
  const facts = { speed: { type: 'number' } };
  t.deepEqual(findingsOf({ facts, health: { facts: { speed: '1m' } } }), []);
  t.deepEqual(findingsOf({ facts, health: { facts: { sped: '1m' } } }), [
    'UNKNOWN_FACT spec.health.facts.sped: it publishes no fact "sped"; did you mean "speed"?',
  ]);
  t.deepEqual(findingsOf({ health: { facts: { speed: '1m' } } }), [
    'UNKNOWN_FACT spec.health.facts.speed: it publishes no fact "speed"; there is no fact under spec.facts',
  ]);
});

test('a channel that an application does not write is no check of its health', (t) => {
  const channels = { out: { depths: {} }, in: { alarms: {} } };
  t.deepEqual(findingsOf({ channels, health: { messages: { depths: '1m' } } }), []);
  t.deepEqual(findingsOf({ channels, health: { messages: { alarms: '1m' } } }), [
    'UNKNOWN_CHANNEL spec.health.messages.alarms: it writes no channel "alarms"; there is: depths',
  ]);
  const health = { messages: { depths: '5s', alarms: '2m' } };
  t.deepEqual(healthTerms({ health }), { health: { messagesSeconds: { depths: 5, alarms: 120 } } });
});

test('a path that an application does not answer at is no check of its health', (t) => {
  const asked = (path: string, route?: string) =>
    findingsOf({
      ...(route === undefined ? {} : { trigger: { http: { route } } }),
      health: { http: { path, within: '30s' } },
    });
  t.deepEqual(asked('/depth', '/depth'), []);
  t.deepEqual(asked('/depth/now', '/depth'), []);
  t.deepEqual(asked('/anything', '/'), []);
  t.deepEqual(asked('/depths', '/depth'), [
    'NO_ROUTE spec.health.http.path: it answers at /depth and below, which /depths is not; write /depth or a path below it',
  ]);
  t.deepEqual(asked('/depth'), [
    'NO_ROUTE spec.health.http: it answers no requests; add spec.trigger.http, or use another check',
  ]);
});

test('a function is called of a kept instance alone', (t) => {
  const health = { call: { function: 'well', within: '30s' } };
  const events = { instance: 'kept', handler: 'tick' };
  t.deepEqual(findingsOf({ ...schedule, events, health }), []);
  const refused =
    'NO_KEPT_INSTANCE spec.health.call: only a kept instance can be called between two events; add spec.trigger and spec.events.instance: kept, or use facts, messages or http';
  t.deepEqual(findingsOf({ ...schedule, health }), [refused]);
  t.deepEqual(findingsOf({ health }), [refused]);
  t.deepEqual(healthTerms({ health }), { health: { call: { function: 'well', withinSeconds: 30 } } });
});

test('a time of a check is a day at most, and a health that asks for nothing is refused', (t) => {
  const codes = (health: object) => findingsOf({ health }).map((finding) => finding.split(':')[0]);
  for (const up of ['1s', '9999s', '999m', '24h']) t.deepEqual(codes({ up }), [], up);
  for (const up of ['0s', '10000s', '25h', '1d', '5']) t.deepEqual(codes({ up }), ['BAD_VALUE spec.health.up'], up);
  t.is(codes({}).length, 1);
  t.is(codes({ restarts: 101 }).length, 1);
});

test('what a manifest asks on probation travels in seconds, and what it does not ask does not travel', (t) => {
  t.deepEqual(healthTerms({}), {});
  const health = {
    up: '2m',
    ends: '1h',
    restarts: 0,
    failedEvents: 4,
    facts: { speed: '30s' },
    http: { path: '/', within: '1m' },
  };
  t.deepEqual(healthTerms({ health }), {
    health: {
      ...{ upSeconds: 120, endsSeconds: 3600, restartsMax: 0, failedEventsMax: 4, factsSeconds: { speed: 30 } },
      http: { path: '/', withinSeconds: 60 },
    },
  });
});
