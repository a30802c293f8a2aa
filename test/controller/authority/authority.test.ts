import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import * as x509 from '@peculiar/x509';
import test from 'ava';
import {
  CertificateRequestError,
  controllerCommonName,
  deviceCertificateDays,
  openAuthority,
  proveRequest,
} from '../../../controller/authority/authority.ts';
import { authorizeByFleet } from '../../../controller/authority/authorization.ts';
import { enrol, parseEnrolment } from '../../../controller/authority/enrolment.ts';
import { certificateIdentity } from '../../../controller/authority/key-fingerprint.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import type { Clock } from '../../../platform/ports.ts';
import { keepAll, loseAll, PowerCut, SimDisk } from '../../sim/sim-disk.ts';
import { deviceRequest, Scene, scratchDirectory } from '../doors/scene.ts';

const dayMs = 86_400_000;
const clockAt = (ms: number): Clock => ({ ...nodeClock, now: () => ms });
const open = (directory: string, clock: Clock = nodeClock) =>
  openAuthority({ disk: nodeDisk, directory, clock, random: nodeRandom });

test('the authority is made once and is the same after a restart', async (t) => {
  using directory = scratchDirectory();
  const first = await open(directory.path);
  const second = await open(directory.path);
  t.is(second.certificate, first.certificate);
  t.is(new TextDecoder().decode(nodeDisk.readFile(`${directory.path}/ca.pem`)), first.certificate);
  const authority = new X509Certificate(first.certificate);
  t.true(authority.ca);
  t.true(authority.verify(authority.publicKey));
});

test('a file that holds half an authority is an error, not a new authority', async (t) => {
  using directory = scratchDirectory();
  await open(directory.path);
  const path = `${directory.path}/authority.pem`;
  const text = new TextDecoder().decode(nodeDisk.readFile(path));
  writeFileSync(path, text.slice(0, text.indexOf('-----BEGIN CERTIFICATE')));
  await t.throwsAsync(open(directory.path), { message: /authority\.pem: expected one private key/ });
});

/** Starts the controller's identity on a disk; `undefined` when the power went before it was there. */
async function begin(disk: SimDisk): Promise<{ authority: string; server: string } | undefined> {
  try {
    const authority = await openAuthority({
      disk,
      directory: '/state/authority',
      clock: nodeClock,
      random: nodeRandom,
    });
    const server = await authority.serverIdentity(['localhost']);
    return { authority: authority.certificate, server: server.certificate };
  } catch (error) {
    if (error instanceof PowerCut) return undefined;
    throw error;
  }
}

test('wherever the power goes, the controller starts again, and an authority that was once open is never another', async (t) => {
  for (const fate of [loseAll, keepAll]) {
    for (let operations = 0, finished = false; !finished; operations += 1) {
      const disk = new SimDisk();
      disk.crashAfter(operations);
      finished = (await begin(disk)) !== undefined;
      disk.crash(fate);
      disk.restart();
      const first = await begin(disk);
      t.truthy(first, `cut after ${operations} operations`);
      disk.crash(loseAll);
      disk.restart();
      t.deepEqual(await begin(disk), first, `cut after ${operations} operations`);
    }
  }
});

test('the server certificate is kept while it serves, and renewed before it expires or when a name changes', async (t) => {
  using directory = scratchDirectory();
  const start = nodeClock.now();
  const names = ['localhost', '127.0.0.1', '::1'];
  const first = await (await open(directory.path)).serverIdentity(names);
  const certificate = new X509Certificate(first.certificate);
  t.truthy(certificate.checkHost('localhost'));
  t.truthy(certificate.checkIP('::1'));
  t.is(certificate.subject, `CN=${controllerCommonName}`);
  t.is((await (await open(directory.path)).serverIdentity(names)).certificate, first.certificate);
  const later = await (await open(directory.path, clockAt(start + 61 * dayMs))).serverIdentity(names);
  t.not(later.certificate, first.certificate);
  const renamed = await (await open(directory.path)).serverIdentity([...names, 'shore.example']);
  t.truthy(new X509Certificate(renamed.certificate).checkHost('shore.example'));
});

test('a device whose clock was set back to its beginning believes the authority and the controller', async (t) => {
  using directory = scratchDirectory();
  const authority = await open(directory.path);
  const server = await authority.serverIdentity(['127.0.0.1']);
  for (const pem of [authority.certificate, server.certificate])
    t.is(new X509Certificate(pem).validFromDate.getTime(), 0);
});

test('a device certificate has the name and key of its request, and is good for clients only', async (t) => {
  using scene = await Scene.open();
  const device = await scene.device('buoy-1');
  const certificate = new X509Certificate(device.certificate);
  t.true(certificate.verify(new X509Certificate(scene.authority.certificate).publicKey));
  t.deepEqual(certificateIdentity(certificate.raw), { commonName: 'buoy-1', keyFingerprint: device.keyFingerprint });
  const key = Buffer.from(device.keyFingerprint.slice('SHA256:'.length), 'base64').toString('hex');
  t.is(certificate.subject, `CN=buoy-1\nserialNumber=${key}`, 'by which Mosquitto tells two keys of one device apart');
  t.regex(device.keyFingerprint, /^SHA256:[A-Za-z0-9+/]{43}=$/);
  t.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2']);
  t.false(certificate.ca);
  const days = (Date.parse(certificate.validTo) - nodeClock.now()) / dayMs;
  t.true(days > deviceCertificateDays - 1 && days <= deviceCertificateDays);
});

async function requestWith(
  name: x509.JsonName,
  algorithm: { name: string; namedCurve: string; hash: string },
): Promise<string> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm });
  return csr.toString('pem');
}

test('a request is refused by what is wrong with it', async (t) => {
  const p256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const { csr } = await deviceRequest('buoy-1');
  const der = Buffer.from(x509.PemConverter.decodeFirst(csr));
  // The name lies before the key in a request: change one letter of it, and the signature is of something else.
  der[der.indexOf('buoy-1')] = 'c'.charCodeAt(0);
  const cases: [string, string][] = [
    ['not a request', 'CSR_INVALID'],
    ['x'.repeat(10_000), 'CSR_INVALID'],
    [x509.PemConverter.encode(der, 'CERTIFICATE REQUEST'), 'CSR_SIGNATURE'],
    [await requestWith([{ CN: ['buoy-1'] }], { ...p256, namedCurve: 'P-384' }), 'CSR_KEY'],
    [await requestWith([{ O: ['nobody'] }], p256), 'CSR_NAME'],
    [await requestWith([{ CN: ['buoy-1'] }, { CN: ['buoy-2'] }], p256), 'CSR_NAME'],
  ];
  for (const [pem, code] of cases)
    await t.throwsAsync(proveRequest(pem), { instanceOf: CertificateRequestError, code });
});

const template = { probationSeconds: 1, applications: [], hash: '' };
const inGit = (name: string, keyFingerprint?: string) => {
  const base = { name, labels: {}, darkAfterSeconds: 60, template };
  return [name, keyFingerprint === undefined ? base : { ...base, keyFingerprint }] as const;
};

test('enrolment gives a certificate only for the name and the key that git names, and shows every refusal', async (t) => {
  using scene = await Scene.open();
  const { csr } = await deviceRequest('buoy-1');
  const { keyFingerprint } = await proveRequest(csr);
  const attempt = async (fleet: ReadonlyMap<string, ReturnType<typeof inGit>[1]>, device = 'buoy-1', pem = csr) => {
    const refusals: string[] = [];
    const options = {
      authority: scene.authority,
      authorize: authorizeByFleet(fleet),
      onRefusal: (refusal: { code: string }) => refusals.push(refusal.code),
    };
    const answer = await enrol(options, { device, csr: pem }, '10.0.0.1');
    if (answer.kind === 'refused') t.deepEqual(refusals, [answer.code]);
    return answer.kind === 'refused' ? answer.code : 'enrolled';
  };
  t.is(await attempt(new Map()), 'DEVICE_UNKNOWN');
  t.is(await attempt(new Map([inGit('buoy-1')])), 'DEVICE_WITHOUT_KEY');
  t.is(await attempt(new Map([inGit('buoy-1', `SHA256:${'A'.repeat(43)}=`)])), 'KEY_MISMATCH');
  t.is(await attempt(new Map([inGit('buoy-2', keyFingerprint)]), 'buoy-2'), 'CSR_NAME');
  t.is(await attempt(new Map([inGit('buoy-1', keyFingerprint)]), 'buoy-1', 'x'), 'CSR_INVALID');
  t.is(await attempt(new Map([inGit('buoy-1', keyFingerprint)])), 'enrolled');
  t.is(await attempt(new Map([inGit('buoy-1', keyFingerprint.replace('=', ''))])), 'enrolled', 'without padding too');
});

test('the body of an enrolment has exactly the two strings', (t) => {
  t.deepEqual(parseEnrolment({ device: 'a', csr: 'b' }), { device: 'a', csr: 'b' });
  for (const body of [
    undefined,
    null,
    [],
    {},
    { device: 'a' },
    { device: 1, csr: 'b' },
    { device: 'a', csr: 'b', c: 1 },
  ]) {
    t.is(typeof parseEnrolment(body), 'string', JSON.stringify(body));
  }
});
