import test from 'ava';
import { applicationChangeText } from '../../../cli/render/application-change-text.ts';
import { applicationChanges } from '../../../controller/planning/application-changes.ts';
import type { DeployedApplication } from '../../../schemas/generated/types.ts';

const linked = (version: string) => ({ name: 'log', version, sha256: version, length: 1 });
const gauge: DeployedApplication = {
  ...{ name: 'gauge', version: '1.0.0', sha256: 'a', length: 1 },
  ...{ args: [], env: {}, config: {}, restart: 'always' },
};
const textsOf = (from: Partial<DeployedApplication>, to: Partial<DeployedApplication>) =>
  applicationChanges([{ ...gauge, ...from }], [{ ...gauge, ...to }]).map(applicationChangeText);

test('a release, settings and linked modules that differ are named, each by its version', (t) => {
  const next = { version: '2.0.0', sha256: 'b' };
  t.deepEqual(textsOf({}, {}), []);
  t.deepEqual(textsOf({}, next), ['gauge 1.0.0 → 2.0.0']);
  t.deepEqual(textsOf({}, { args: ['-v'] }), ['gauge settings (args)']);
  t.deepEqual(textsOf({}, { ...next, args: ['-v'] }), ['gauge 1.0.0 → 2.0.0 and settings (args)']);
  const more = { class: 'critical', env: { PLACE: 'yard' }, secrets: { token: {} } } as const;
  t.deepEqual(textsOf({}, more as Partial<DeployedApplication>), ['gauge settings (class, env, secrets)']);
  const links = { codec: linked('1.0.0') };
  t.deepEqual(textsOf({ links }, { links: { codec: linked('1.1.0') } }), ['gauge with codec log/1.0.0 → log/1.1.0']);
  t.deepEqual(textsOf({ links }, { ...next, links: { table: linked('1.0.0') } }), [
    'gauge 1.0.0 → 2.0.0 and with - codec log/1.0.0, + table log/1.0.0',
  ]);
});

test('of an application whose instance stays, a plan says what becomes of its state', (t) => {
  const kept = { events: { instance: 'kept', handler: 'handle' } } as const;
  const next = { ...kept, version: '2.0.0', sha256: 'b' };
  t.deepEqual(textsOf(kept, next), ['gauge 1.0.0 → 2.0.0, which begins afresh']);
  t.deepEqual(textsOf(kept, { ...next, handover: 'snapshot' }), [
    'gauge 1.0.0 → 2.0.0, which goes on from its state and settings (handover)',
  ]);
  const migrating = { handover: 'migrate' } as const;
  t.deepEqual(textsOf({ ...kept, ...migrating }, { ...next, ...migrating }), [
    'gauge 1.0.0 → 2.0.0, which reads the state that it writes',
  ]);
  t.deepEqual(textsOf({}, next), ['gauge 1.0.0 → 2.0.0 and settings (events)']);
});
