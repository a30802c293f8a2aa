import { createHash } from 'node:crypto';
import test from 'ava';
import { dump } from 'js-yaml';
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import {
  application,
  catalogue,
  changesOf,
  desiredFrom,
  device,
  fleet,
  problemsOf,
  stateOf,
  warningsOf,
} from './fleet-fixture.ts';

const keyOf = (name: string): string => `SHA256:${createHash('sha256').update(name).digest('base64')}`;
const sealed = (letter: string): string => letter.repeat(120);

function secret(copies: Readonly<Record<string, { readonly key: string; readonly sealed: string }>>): string {
  return dump({ apiVersion: 'fleet/v1alpha1', kind: 'Secret', metadata: { name: 'token' }, spec: { copies } });
}

const harbor = {
  'applications/pump.yaml': application('pump', '1.0.0', { secrets: ['token'] }),
  'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }]),
  'devices/anna.yaml': device('anna', { kind: 'ship' }, { keyFingerprint: keyOf('anna') }),
  'devices/berta.yaml': device('berta', { kind: 'ship' }, { keyFingerprint: keyOf('berta') }),
  'secrets/token.yaml': secret({
    anna: { key: keyOf('anna'), sealed: sealed('A') },
    berta: { key: keyOf('berta'), sealed: sealed('B') },
  }),
};

function secretsOf(files: Readonly<Record<string, string>>, name: string) {
  return desiredFrom(files).devices.get(name)?.template.applications[0]?.secrets;
}

test('each device gets the copy that was sealed to its key, and no other', (t) => {
  t.deepEqual(secretsOf(harbor, 'anna'), { token: { sealed: sealed('A') } });
  t.deepEqual(secretsOf(harbor, 'berta'), { token: { sealed: sealed('B') } });
  t.deepEqual(warningsOf(harbor), []);
});

test('a device that was enrolled anew, or never sealed for, is warned of by name and gets nothing', (t) => {
  const anew = {
    ...harbor,
    'devices/berta.yaml': device('berta', { kind: 'ship' }, { keyFingerprint: keyOf('berta anew') }),
    'devices/carla.yaml': device('carla', { kind: 'ship' }),
  };
  t.deepEqual(secretsOf(anew, 'berta'), { token: {} });
  t.deepEqual(secretsOf(anew, 'carla'), { token: {} });
  const [warning, ...rest] = warningsOf(anew);
  t.deepEqual(rest, []);
  t.regex(JSON.stringify(warning), /secrets\/token\.yaml.*SECRET_NOT_SEALED.*2 devices \(.?"?berta/);
});

test('a new copy touches its device alone, and the warning stays until all have theirs', (t) => {
  const first = { anna: { key: keyOf('anna'), sealed: sealed('A') } };
  const before = stateOf({ ...harbor, 'secrets/token.yaml': secret({}) });
  const apply = (state: typeof before, copies: Parameters<typeof secret>[0]) =>
    applyChanges(state, changesOf({ 'secrets/token.yaml': secret(copies) }), catalogue);
  const one = apply(before, first);
  if (one.kind === 'refused') throw new Error(JSON.stringify(one.findings));
  t.deepEqual([...one.affected], ['anna']);
  t.deepEqual(
    one.warnings.map(({ code }) => code),
    ['SECRET_NOT_SEALED'],
  );
  const both = apply(one.state, { ...first, berta: { key: keyOf('berta'), sealed: sealed('B') } });
  t.deepEqual(both.kind === 'accepted' && [...both.affected], ['berta']);
  t.deepEqual(both.warnings, []);
});

test('a secret that nothing declares is refused, with the nearest name', (t) => {
  const { 'secrets/token.yaml': _gone, ...without } = harbor;
  t.regex(JSON.stringify(problemsOf(without)), /UNKNOWN_SECRET.*no secret/);
  const other = harbor['secrets/token.yaml'].replace('token', 'tokens');
  t.regex(JSON.stringify(problemsOf({ ...without, 'secrets/a.yaml': other })), /UNKNOWN_SECRET.*did you mean.*tokens/);
});

test('a public key that is not the one of the fingerprint is refused', (t) => {
  const publicKey = `MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE${'A'.repeat(86)}==`;
  const own = `SHA256:${createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('base64')}`;
  const withKey = (keyFingerprint: string) => ({
    ...harbor,
    'devices/carla.yaml': device('carla', { kind: 'ship' }, { keyFingerprint, publicKey }),
  });
  for (const fingerprint of [own, own.replace(/=$/, '')])
    t.true(desiredFrom(withKey(fingerprint)).devices.has('carla'));
  t.regex(JSON.stringify(problemsOf(withKey(keyOf('carla')))), /KEY_MISMATCH/);
});
