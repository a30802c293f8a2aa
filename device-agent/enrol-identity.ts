/**
 * Who this device is, on its disk: `identity/key.pem`, made here and never given away, and `identity/certificate.pem`, which the
 * controller's authority gave for it, and `identity/device`, whose they are, each with a copy. The disk keeps both from everybody but the agent's user.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { makeDirectoryDurably } from '../platform/durable-file.ts';
import type { Disk } from '../platform/ports.ts';
import { keyFingerprint } from '../schemas/key-fingerprint.ts';
import { readGuardedText, writeGuardedText } from './storage/guarded-text.ts';

function isFor(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** A device's key as its manifest has it: by its fingerprint, and whole, for secrets are sealed to it. */
export function keyInManifest(key: KeyObject): { readonly keyFingerprint: string; readonly publicKey: string } {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return { keyFingerprint: keyFingerprint(spki), publicKey: spki.toString('base64') };
}

/** When a certificate counts, in milliseconds since the epoch. */
export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The identity in one state directory. */
export class DeviceIdentityStore {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #isGiven: (certificate: string) => boolean;

  /** `isGiven` says whether the fleet's authority gave a certificate, where that does not follow from where it came from. */
  constructor(disk: Disk, stateDirectory: string, isGiven: (certificate: string) => boolean = () => true) {
    this.#disk = disk;
    this.#isGiven = isGiven;
    this.#directory = `${stateDirectory}/identity`;
  }

  /** The device's key; makes it when there is none, or nothing whole is left of it: git then has to name the new one. */
  key(): KeyObject {
    const kept = this.keyText();
    if (kept !== undefined) return createPrivateKey(kept);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#write('key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    return privateKey;
  }

  /**
   * The device that the key was made for, as it was written down or as the certificate says; undefined when neither tells, or there
   * is no key. One key under two names would let either be taken for the other.
   */
  owner(): string | undefined {
    if (this.keyText() === undefined) return undefined;
    const written = readGuardedText(this.#disk, this.#directory, 'device');
    const certificate = this.certificateText();
    const subject = certificate === undefined ? undefined : new X509Certificate(certificate).subject;
    return written ?? /^CN=(.*)$/m.exec(subject ?? '')?.[1];
  }

  /** The device that the key was made for, where that is another one. */
  otherOwner(device: string): string | undefined {
    const owner = this.owner();
    return owner === device ? undefined : owner;
  }

  /** Writes down which device the key is for: before it is made, so that there is none without a name. */
  claim(device: string): void {
    if (readGuardedText(this.#disk, this.#directory, 'device') !== device) this.#write('device', device);
  }

  /** PEM of the key; undefined before the first enrolment. */
  keyText(): string | undefined {
    return readGuardedText(this.#disk, this.#directory, 'key.pem');
  }

  /** PEM of the certificate for the key; undefined before the first enrolment, and when there is none that can be used. */
  certificateText(): string | undefined {
    const text = readGuardedText(this.#disk, this.#directory, 'certificate.pem');
    const key = this.keyText();
    return text !== undefined && key !== undefined && isFor(text, key) ? text : undefined;
  }

  /** Both, as a TLS client shows them; undefined while there is no certificate. */
  texts(): { readonly certificate: string; readonly key: string } | undefined {
    const certificate = this.certificateText();
    const key = this.keyText();
    return certificate === undefined || key === undefined ? undefined : { certificate, key };
  }

  validity(): Validity | undefined {
    const text = this.certificateText();
    if (text === undefined) return undefined;
    const { validFromDate, validToDate } = new X509Certificate(text);
    return { fromMs: validFromDate.getTime(), untilMs: validToDate.getTime() };
  }

  /** Keeps a certificate if it is one of the fleet's for this device's key; says whether it is. */
  keep(certificate: string): boolean {
    const key = this.keyText();
    if (key === undefined || !isFor(certificate, key) || !this.#isGiven(certificate)) return false;
    this.#write('certificate.pem', certificate);
    return true;
  }

  #write(name: string, text: string): void {
    makeDirectoryDurably(this.#disk, this.#directory);
    writeGuardedText(this.#disk, this.#directory, name, text);
  }
}
