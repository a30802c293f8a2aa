/**
 * The controller's own certificate authority: ECDSA P-256, made on first start. It vouches for the controller towards
 * devices, and for devices towards the controller. It signs no certificate for a device without being told name and
 * key by whoever asked git.
 */
import 'reflect-metadata';
import { X509Certificate as NodeCertificate } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { makeDirectoryDurably, writeFileDurably } from '../../platform/durable-file.ts';
import { type Clock, type Disk, DiskError, type Random } from '../../platform/ports.ts';
import type { End } from '../expiry/end.ts';
import { authorityEnd, serverEnd } from './authority-ends.ts';
import { type KeyAndCertificate, readPair } from './authority-files.ts';
import type { ProvenRequest } from './certificate-request.ts';
import { keyAlgorithm } from './key-algorithm.ts';
import { fingerprintHex } from './key-fingerprint.ts';

/** The common name of the controller's own certificate: no device can have it, for no manifest can name it. */
export const controllerCommonName = 'fleet:controller';

const dayMs = 86_400_000;
const authorityDays = 7300;
const serverDays = 90;
/** A server certificate is renewed when less than this is left of it. */
const serverDaysLeftMin = 30;
/** A device's certificate begins in the past, for a broker whose clock is slow. */
const backdatedMs = dayMs;
/** What devices judge was always valid: after its battery a device has a clock of long ago until a link sets it right. */
const sinceEver = new Date(0);
/** How long a device certificate is valid; the agent renews it long before. */
export const deviceCertificateDays = 90;

/** `serialNumber` of X.520: in a device's name it is the key, so that a broker can tell two keys of one device apart. */
const serialNumberOid = '2.5.4.5';

/** The authority, open for signing. */
export interface Authority {
  /** PEM of the authority's own certificate, which devices and CLIs are given as `ca`. */
  readonly certificate: string;
  /** The controller's certificate for these names and addresses, renewed when it is due; also good as a client. */
  serverIdentity(hostnames: readonly string[]): Promise<KeyAndCertificate>;
  /** When its own certificate ends, and the controller's. */
  ends(): readonly End[];
  /** Signs a certificate (PEM) for a device, valid from now on. Ask git first. */
  issue(request: ProvenRequest): Promise<string>;
}

/** Where the authority keeps itself, and what it stands on. */
export interface AuthorityOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  /** False where this controller served before: then an authority that is not there is lost. True unless told otherwise. */
  readonly isFirstStart?: boolean;
  /** Told where the disk does not take what can be made again. */
  readonly onNotKept?: (error: DiskError) => void;
}

interface Issuer {
  readonly certificate: x509.X509Certificate;
  readonly key: CryptoKey;
}

/** Sixteen random bytes, positive and not zero. */
function serialNumber(random: Random): string {
  const bytes = random.bytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

function validFor(clock: Clock, days: number, notBefore: Date): Validity {
  return { notBefore, notAfter: new Date(clock.now() + days * dayMs) };
}

async function exportKey(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

async function importKey(pem: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), keyAlgorithm, false, ['sign']);
}

async function createIssuer(options: AuthorityOptions): Promise<KeyAndCertificate> {
  const keys = await crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const serial = serialNumber(options.random);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial,
    // The serial in the name keeps two authorities apart where both were once trusted.
    name: [{ CN: [`Fleet authority ${serial.slice(0, 8)}`] }],
    ...validFor(options.clock, authorityDays, sinceEver),
    signingAlgorithm: keyAlgorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await exportKey(keys.privateKey), certificate: `${certificate.toString('pem')}\n` };
}

async function sign(
  issuer: Issuer,
  options: AuthorityOptions,
  subject: x509.JsonName,
  publicKey: x509.PublicKey | CryptoKey,
  validity: Validity,
  extensions: x509.Extension[],
): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(options.random),
    subject,
    issuer: issuer.certificate.subjectName,
    ...validity,
    signingAlgorithm: keyAlgorithm,
    publicKey,
    signingKey: issuer.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
      ...extensions,
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

/** Whether a server certificate still serves: signed by this authority, long enough, for exactly these names. */
function stillServes(pem: string, authority: string, hostnames: readonly string[], clock: Clock): boolean {
  const certificate = new NodeCertificate(pem);
  if (!certificate.verify(new NodeCertificate(authority).publicKey)) return false;
  if (Date.parse(certificate.validTo) - clock.now() < serverDaysLeftMin * dayMs) return false;
  if ((certificate.subjectAltName ?? '').split(', ').length !== hostnames.length) return false;
  return hostnames.every((name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)));
}

function deviceName(device: string, fingerprint: string): x509.JsonName {
  return [{ CN: [device] }, { [serialNumberOid]: [fingerprintHex(fingerprint)] }];
}

const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;

async function issueServer(issuer: Issuer, options: AuthorityOptions, hostnames: readonly string[]) {
  const keys = await crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const names = hostnames.map((name): x509.JsonGeneralName => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name }));
  const extensions = [
    new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
    new x509.SubjectAlternativeNameExtension(names),
  ];
  const validity = validFor(options.clock, serverDays, sinceEver);
  const name = [{ CN: [controllerCommonName] }];
  const certificate = await sign(issuer, options, name, keys.publicKey, validity, extensions);
  return { key: await exportKey(keys.privateKey), certificate };
}

const encoder = new TextEncoder();

/** Files of an authority that other programs read: its own certificate, and key and certificate of the controller. */
export function authorityPaths(directory: string): { readonly authority: string; readonly server: string } {
  return { authority: `${directory}/ca.pem`, server: `${directory}/server.pem` };
}

/** Why there is no authority to go on with. */
export class AuthorityLostError extends Error {
  readonly code = 'AUTHORITY_LOST';
  constructor(path: string, what: 'is gone' | 'holds no key with its certificate any more') {
    super(
      `${path} ${what}, and devices trust only what it signed: every one of them would refuse another authority. It was not replaced. Restore it from a backup of the state directory; if there is none, \`fleet controller new-authority\` makes another, and each device has to be enrolled again with its ca.pem (AUTHORITY_LOST)`,
    );
    this.name = 'AuthorityLostError';
  }
}

/** The pair of the authority, made only where there never was one. Throws `AuthorityLostError`. */
async function issuerPair(options: AuthorityOptions): Promise<KeyAndCertificate> {
  const { disk, directory, isFirstStart = true } = options;
  const path = `${directory}/authority.pem`;
  const pair = readPair(disk, path);
  if (pair === 'damaged') throw new AuthorityLostError(path, 'holds no key with its certificate any more');
  if (pair !== undefined) return pair;
  // What the others say was signed by the authority: it is written before any of them.
  const { authority, server } = authorityPaths(directory);
  if (!isFirstStart || [authority, server].some((file) => disk.stat(file) !== undefined)) {
    throw new AuthorityLostError(path, 'is gone');
  }
  const made = await createIssuer(options);
  writeFileDurably(disk, directory, 'authority.pem', encoder.encode(made.key + made.certificate));
  return made;
}

/**
 * Puts the authority of a directory aside, whatever is left of it, and makes another: an act of the operator, for no device
 * trusts the new one before it is enrolled again. Returns where the old files are.
 */
export async function replaceAuthority(options: AuthorityOptions): Promise<readonly string[]> {
  const { disk, directory, clock } = options;
  const paths = authorityPaths(directory);
  const stamp = new Date(clock.now()).toISOString().replaceAll(':', '');
  makeDirectoryDurably(disk, directory);
  // The public certificate last: while it is there, a stop in between is a lost authority, not a first start.
  const old = [`${directory}/authority.pem`, paths.server, paths.authority].filter(
    (file) => disk.stat(file) !== undefined,
  );
  const aside = old.map((file) => {
    disk.rename(file, `${file}.${stamp}`);
    return `${file}.${stamp}`;
  });
  disk.syncDirectory(directory);
  await openAuthority({ ...options, isFirstStart: true });
  return aside;
}

/** The controller's own pair; one that is damaged is as one that is not there, for another is made at any time. */
function serverPair({ disk, directory }: AuthorityOptions): KeyAndCertificate | undefined {
  const pair = readPair(disk, authorityPaths(directory).server);
  return pair === 'damaged' ? undefined : pair;
}

/** Keeps what can be made again, and says whether it did: a disk that takes nothing keeps nobody from serving. */
function isKept({ disk, directory, onNotKept }: AuthorityOptions, file: string, text: string): boolean {
  try {
    writeFileDurably(disk, directory, file, encoder.encode(text));
    return true;
  } catch (error) {
    if (!(error instanceof DiskError) || onNotKept === undefined) throw error;
    onNotKept(error);
    return false;
  }
}

/** Puts the public certificate where everybody reads it, unless it is there. */
function keepPublic(options: AuthorityOptions, certificate: string): void {
  const { disk, directory } = options;
  const path = authorityPaths(directory).authority;
  const isThere = disk.stat(path) !== undefined && new TextDecoder().decode(disk.readFile(path)) === certificate;
  if (!isThere) isKept(options, 'ca.pem', certificate);
}

/** Opens the authority of a directory, or makes it: `authority.pem` (secret), `server.pem` (secret), `ca.pem` (public). */
export async function openAuthority(options: AuthorityOptions): Promise<Authority> {
  const { disk, directory, clock } = options;
  makeDirectoryDurably(disk, directory);
  const pair = await issuerPair(options);
  const authority = pair.certificate;
  keepPublic(options, authority);
  const issuer: Issuer = { certificate: new x509.X509Certificate(authority), key: await importKey(pair.key) };
  /** What the disk did not take. */
  let unkept: KeyAndCertificate | undefined;
  return {
    certificate: authority,
    async serverIdentity(hostnames) {
      for (const pair of [serverPair(options), unkept]) {
        if (pair !== undefined && stillServes(pair.certificate, authority, hostnames, clock)) return pair;
      }
      const fresh = await issueServer(issuer, options, hostnames);
      unkept = isKept(options, 'server.pem', fresh.key + fresh.certificate) ? undefined : fresh;
      return fresh;
    },
    ends() {
      const server = unkept ?? serverPair(options);
      const renewedDaysBefore = serverDaysLeftMin - 1;
      return [
        authorityEnd(authority),
        ...(server === undefined ? [] : [serverEnd(server.certificate, renewedDaysBefore)]),
      ];
    },
    issue: ({ device, keyFingerprint, publicKey }) => {
      const validity = validFor(clock, deviceCertificateDays, new Date(clock.now() - backdatedMs));
      return sign(issuer, options, deviceName(device, keyFingerprint), publicKey, validity, [
        new x509.ExtendedKeyUsageExtension([clientAuth]),
      ]);
    },
  };
}
