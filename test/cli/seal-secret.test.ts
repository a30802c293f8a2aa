import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { load } from 'js-yaml';
import { openSecret } from '../../artifact/seal/sealed-secret.ts';
import { readSealingTree, recipients, sealedManifest } from '../../cli/seal-secret.ts';
import { keyInManifest } from '../../device-agent/enrol-identity.ts';
import type { Secret } from '../../schemas/generated/types.ts';
import { bytesOf, device, fleet } from '../controller/manifests/fleet-fixture.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const spec = keyInManifest(privateKey);

const files = {
  'devices/anna.yaml': device('anna', { kind: 'ship' }, spec),
  'devices/berta.yaml': device('berta', { kind: 'ship' }, spec),
  'devices/crane.yaml': device('crane', { kind: 'crane' }, spec),
  'devices/dora.yaml': device('dora', {}),
  'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, []),
};
const sealing = readSealingTree(new Map(Object.entries(files).map(([path, text]) => [path, bytesOf(text)])));

test('a secret is sealed for the devices that are named and those that a fleet selects; copies of others stay', (t) => {
  const devices = recipients(sealing, { devices: ['anna'], fleets: ['ships'] });
  t.deepEqual(
    devices.map(({ metadata }) => metadata.name),
    ['anna', 'berta'],
  );
  const first = sealedManifest(
    'token',
    bytesOf('one'),
    recipients(sealing, { devices: ['crane'], fleets: [] }),
    undefined,
  );
  const { copies } = sealedManifest('token', bytesOf('two'), devices, first).spec;
  const opened = Object.entries(copies).map(([name, { sealed }]) => [
    name,
    Buffer.from(openSecret({ name: 'token', sealed }, { device: name, key })!).toString(),
  ]);
  t.deepEqual(opened, [
    ['anna', 'two'],
    ['berta', 'two'],
    ['crane', 'one'],
  ]);
});

test('who is not there, or has no key in its manifest, is told by name', (t) => {
  t.throws(() => recipients(sealing, { devices: ['emma'], fleets: [] }), { message: /device emma/ });
  t.throws(() => recipients(sealing, { devices: [], fleets: ['trucks'] }), { message: /fleet trucks/ });
  const dora = recipients(sealing, { devices: ['dora'], fleets: [] });
  t.throws(() => sealedManifest('token', bytesOf('x'), dora, undefined), { message: /device dora has no publicKey/ });
});

test('fleet secret seal reads the value from a pipe and writes a manifest that opens on the device alone', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-secret-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, '.git'));
  mkdirSync(join(directory, 'devices'));
  writeFileSync(join(directory, 'devices/anna.yaml'), files['devices/anna.yaml']);
  const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
  const run = (input: string, ...args: string[]) =>
    spawnSync(process.execPath, [program, 'secret', 'seal', ...args], { cwd: directory, input, encoding: 'utf8' });
  t.is(run('hunter2\n', 'token').status, 2);
  t.regex(run('', 'token', '--device', 'anna').stderr, /it is empty/);
  t.regex(run('x'.repeat(4097), 'token', '--device', 'anna').stderr, /more than 4096 bytes/);
  const done = run('hunter2\n', 'token', '--device', 'anna');
  t.is(done.status, 0, done.stderr);
  const text = readFileSync(join(directory, 'secrets/token.yaml'), 'utf8');
  t.notRegex(text + done.stdout, /hunter2/);
  const { sealed } = (load(text) as Secret).spec.copies.anna!;
  t.is(Buffer.from(openSecret({ name: 'token', sealed }, { device: 'anna', key })!).toString(), 'hunter2\n');
});
