import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import * as x509 from '@peculiar/x509';
import test from 'ava';
import {
  AuthorityLostError,
  controllerCommonName,
  deviceCertificateDays,
  openAuthority,
  replaceAuthority,
} from '../../../controller/authority/authority.ts';
import { authorizeByFleet } from '../../../controller/authority/authorization.ts';
import { CertificateRequestError, proveRequest } from '../../../controller/authority/certificate-request.ts';
import { enrol, parseEnrolment } from '../../../controller/authority/enrolment.ts';
import { expiryStatuses } from '../../../controller/expiry/end.ts';
import { writeFileDurably } from '../../../platform/durable-file.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import type { Clock, DiskError } from '../../../platform/ports.ts';
import { certificateIdentity } from '../../../schemas/certificate-identity.ts';
import { keepAll, loseAll } from '../../sim/disk-crash.ts';
import { PowerCut, SimDisk } from '../../sim/sim-disk.ts';
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

/** What may be left of a pair: half of it, nothing, noise, blocks that hold noise, two halves of different pairs. */
function damages(pair: string, other: string): readonly string[] {
  const cut = (text: string): number => text.indexOf('-----BEGIN CERTIFICATE');
  const noise = pair.replaceAll(/^[^-].*$/gm, 'AAAA');
  return [pair.slice(0, cut(pair)), '', 'noise', noise, pair.slice(0, cut(pair)) + other.slice(cut(other))];
}

test('a file that holds no whole authority any more is told as a lost one, and no new one is made', async (t) => {
  using directory = scratchDirectory();
  using elsewhere = scratchDirectory();
  const read = (path: string): string => new TextDecoder().decode(nodeDisk.readFile(path));
  for (const { path } of [directory, elsewhere]) await open(path);
  const path = `${directory.path}/authority.pem`;
  const whole = read(path);
  for (const text of damages(whole, read(`${elsewhere.path}/authority.pem`))) {
    writeFileSync(path, text);
    const error = await t.throwsAsync(open(directory.path), { instanceOf: AuthorityLostError }, text);
    t.regex(error?.message ?? '', /holds no key with its certificate.*Restore it from a backup/);
  }
  writeFileSync(path, whole);
  await t.notThrowsAsync(open(directory.path));
});

test('whatever became of what the authority makes itself, it is made again', async (t) => {
  using directory = scratchDirectory();
  const { certificate, serverIdentity } = await open(directory.path);
  const kept = await serverIdentity(['localhost']);
  const server = `${directory.path}/server.pem`;
  const own = new TextDecoder().decode(nodeDisk.readFile(`${directory.path}/authority.pem`));
  for (const text of damages(kept.key + kept.certificate, own)) {
    writeFileSync(server, text);
    writeFileSync(`${directory.path}/ca.pem`, text);
    const authority = await open(directory.path);
    t.is(authority.ends().length, 1, text);
    const fresh = await authority.serverIdentity(['localhost']);
    t.true(new X509Certificate(fresh.certificate).verify(new X509Certificate(certificate).publicKey));
    t.is(new TextDecoder().decode(nodeDisk.readFile(`${directory.path}/ca.pem`)), certificate);
  }
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

test('a certificate that is due is renewed on a disk that takes nothing: it serves, is told, and is kept once there is room', async (t) => {
  const disk = new SimDisk();
  const start = nodeClock.now();
  const at = (ms: number) => {
    const told: string[] = [];
    const onNotKept = ({ code }: DiskError): unknown => told.push(code);
    const authority = openAuthority({ disk, directory: '/a', clock: clockAt(ms), random: nodeRandom, onNotKept });
    return { told, authority };
  };
  const first = await (await at(start).authority).serverIdentity(['localhost']);
  disk.leaveRoom(0);
  const late = start + 95 * dayMs;
  const { told, authority } = at(late);
  const renewed = await (await authority).serverIdentity(['localhost']);
  t.true(Date.parse(new X509Certificate(renewed.certificate).validTo) > late);
  t.is((await (await authority).serverIdentity(['localhost'])).certificate, renewed.certificate);
  t.true((await authority).ends().every(({ expiresAt }) => expiresAt > late));
  t.deepEqual(told, ['NO_SPACE']);
  t.deepEqual((await (await at(start).authority).serverIdentity(['localhost'])).certificate, first.certificate);
  disk.leaveRoom(Number.POSITIVE_INFINITY);
  const roomy = await (await at(late).authority).serverIdentity(['localhost']);
  t.is((await (await at(late).authority).serverIdentity(['localhost'])).certificate, roomy.certificate);
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
  t.like(certificateIdentity(certificate.raw), { commonName: 'buoy-1', keyFingerprint: device.keyFingerprint });
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
  const issued: string[] = [];
  const attempt = async (fleet: ReadonlyMap<string, ReturnType<typeof inGit>[1]>, device = 'buoy-1', pem = csr) => {
    const refusals: string[] = [];
    const options = {
      authority: scene.authority,
      authorize: authorizeByFleet(fleet),
      onRefusal: (refusal: { code: string }) => refusals.push(refusal.code),
      onIssued: (name: string, endsAt: number) =>
        issued.push(`${name} ${Math.round((endsAt - nodeClock.now()) / 86_400_000)}`),
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
  t.deepEqual(issued, ['buoy-1 90', 'buoy-1 90'], 'and when it ends is told');
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

test('an authority that was there and is gone is never replaced in silence', async (t) => {
  using directory = scratchDirectory();
  const first = await open(directory.path);
  await first.serverIdentity(['localhost']);
  for (const left of ['ca.pem', 'server.pem']) {
    const disk = new SimDisk();
    disk.makeDirectory('/a');
    writeFileDurably(disk, '/a', left, nodeDisk.readFile(`${directory.path}/${left}`));
    const options = { disk, directory: '/a', clock: nodeClock, random: nodeRandom };
    const error = await t.throwsAsync(openAuthority(options), { instanceOf: AuthorityLostError });
    t.regex(error?.message ?? '', /backup.*fleet controller new-authority/);
    t.is(disk.stat('/a/authority.pem'), undefined);
  }
  const disk = new SimDisk();
  const options = { disk, directory: '/a', clock: nodeClock, random: nodeRandom };
  await t.throwsAsync(openAuthority({ ...options, isFirstStart: false }), { instanceOf: AuthorityLostError });
  await t.notThrowsAsync(openAuthority(options));
});

test('the operator replaces an authority by an act of its own, and the old one is put aside', async (t) => {
  using directory = scratchDirectory();
  const options = { disk: nodeDisk, directory: directory.path, clock: nodeClock, random: nodeRandom };
  const first = await open(directory.path);
  await first.serverIdentity(['localhost']);
  const aside = await replaceAuthority(options);
  t.is(aside.length, 3);
  t.true(aside.every((path) => nodeDisk.stat(path) !== undefined));
  const second = await openAuthority({ ...options, isFirstStart: false });
  t.not(second.certificate, first.certificate);
  t.is(new TextDecoder().decode(nodeDisk.readFile(`${directory.path}/ca.pem`)), second.certificate);
});

test('whenever the power is cut, a replacement that was begun ends in an authority or is asked for again', async (t) => {
  const options = (disk: SimDisk) => ({ disk, directory: '/a', clock: nodeClock, random: nodeRandom });
  const start = new SimDisk();
  const old = (await openAuthority(options(start))).certificate;
  for (let cut = 0, complete = false; !complete; cut++) {
    t.true(cut < 50);
    for (const fate of [loseAll, keepAll]) {
      const disk = start.copyAfterCrash(keepAll);
      disk.crashAfter(cut);
      complete = await replaceAuthority(options(disk)).then(
        () => true,
        () => false,
      );
      disk.crash(fate);
      disk.restart();
      const found = await openAuthority({ ...options(disk), isFirstStart: false }).catch((error: unknown) => error);
      if (found instanceof AuthorityLostError) {
        await replaceAuthority(options(disk));
        t.not((await openAuthority({ ...options(disk), isFirstStart: false })).certificate, old);
      } else t.false(found instanceof Error, String(found));
    }
  }
});

test('the ends of the authority and of the certificate of the controller are known', async (t) => {
  using directory = scratchDirectory();
  const authority = await open(directory.path);
  await authority.serverIdentity(['localhost']);
  const days = authority.ends().map(({ kind, expiresAt }) => [kind, Math.round((expiresAt - Date.now()) / dayMs)]);
  t.deepEqual(days, [
    ['authority', 7300],
    ['server', 90],
  ]);
  t.deepEqual(
    expiryStatuses(authority.ends(), Date.now()),
    [],
    'a certificate that renews itself is nothing to tell of',
  );
  const late = Date.now() + 62 * dayMs;
  t.regex(expiryStatuses(authority.ends(), late)[0]?.message ?? '', /should have been renewed/);
});
