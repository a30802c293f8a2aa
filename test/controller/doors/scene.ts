/** What the transport tests stand on: an authority in a fresh directory, devices with real keys and certificates, a fleet in git. */
import 'reflect-metadata';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { type Authority, openAuthority } from '../../../controller/authority/authority.ts';
import type { AuthorizationRefusal, AuthorizeDevice } from '../../../controller/authority/authorization.ts';
import { proveRequest } from '../../../controller/authority/certificate-request.ts';
import { createGuard } from '../../../controller/doors/guard.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import type { Clock, Log } from '../../../platform/ports.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export const quietLog: Log = { write: () => {} };

export const quietGuard = createGuard({ clock: nodeClock, log: quietLog });

/** A key pair and a PKCS #10 request for a name, as a device makes them. */
export async function deviceRequest(name: string): Promise<{ readonly csr: string; readonly key: string }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: algorithm,
  });
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { csr: csr.toString('pem'), key };
}

export interface TestDevice {
  readonly name: string;
  readonly key: string;
  readonly certificate: string;
  readonly keyFingerprint: string;
}

/** A directory that is gone after the test. */
export function scratchDirectory(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'fleet-transport-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export class Scene {
  readonly directory: { readonly path: string } & Disposable;
  readonly authority: Authority;
  /** What git names: key fingerprints by device. */
  readonly named = new Map<string, string>();

  constructor(authority: Authority, directory: { readonly path: string } & Disposable) {
    this.authority = authority;
    this.directory = directory;
  }

  static async open(clock: Clock = nodeClock): Promise<Scene> {
    const directory = scratchDirectory();
    const authority = await openAuthority({ disk: nodeDisk, directory: directory.path, clock, random: nodeRandom });
    return new Scene(authority, directory);
  }

  /** A device with a certificate of this authority, named in git. */
  async device(name: string): Promise<TestDevice> {
    const { csr, key } = await deviceRequest(name);
    const proven = await proveRequest(csr);
    this.named.set(name, proven.keyFingerprint);
    return { name, key, certificate: await this.authority.issue(proven), keyFingerprint: proven.keyFingerprint };
  }

  readonly authorize: AuthorizeDevice = (device, keyFingerprint): 'ok' | AuthorizationRefusal => {
    const named = this.named.get(device);
    if (named === undefined) return { code: 'DEVICE_UNKNOWN', message: device };
    return named === keyFingerprint ? 'ok' : { code: 'KEY_MISMATCH', message: keyFingerprint };
  };

  /** A certificate that this authority signed for more or fewer names than a device has. */
  async certificateFor(names: readonly string[]): Promise<{ readonly key: string; readonly cert: string }> {
    const pem = readFileSync(join(this.directory.path, 'authority.pem'), 'utf8');
    const issuerKey = x509.PemConverter.decodeFirst(pem);
    const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: names.map((name) => ({ CN: [name] })),
      issuer: new x509.X509Certificate(this.authority.certificate).subjectName,
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: await crypto.subtle.importKey('pkcs8', issuerKey, algorithm, false, ['sign']),
    });
    const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
    return { key, cert: certificate.toString('pem') };
  }

  /** What git names, as an access list wants it. */
  devices(): { readonly name: string; readonly keyFingerprint: string }[] {
    return [...this.named].map(([name, keyFingerprint]) => ({ name, keyFingerprint }));
  }

  [Symbol.dispose](): void {
    this.directory[Symbol.dispose]();
  }
}
