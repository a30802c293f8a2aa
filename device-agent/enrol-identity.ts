/**
 * Who this device is, on its disk: `identity/key.pem`, made here and never given away, and `identity/certificate.pem`, which the
 * controller's authority gave for it. The disk keeps both from everybody but the agent's user.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { makeDirectoryDurably, writeFileDurably } from '../platform/durable-file.ts';
import { type Disk, DiskError } from '../platform/ports.ts';

function read(disk: Disk, path: string): string | undefined {
  try {
    return new TextDecoder().decode(disk.readFile(path));
  } catch (error) {
    if (error instanceof DiskError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** `SHA256:` and the base64 of the digest of the public key, as manifests name it. */
export function keyFingerprint(key: KeyObject): string {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(spki).digest('base64')}`;
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

  constructor(disk: Disk, stateDirectory: string) {
    this.#disk = disk;
    this.#directory = `${stateDirectory}/identity`;
  }

  /** The device's key; makes it when there is none. */
  key(): KeyObject {
    const kept = this.keyText();
    if (kept !== undefined) return createPrivateKey(kept);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#write('key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    return privateKey;
  }

  /** PEM of the key; undefined before the first enrolment. */
  keyText(): string | undefined {
    return read(this.#disk, `${this.#directory}/key.pem`);
  }

  /** PEM of the certificate; undefined before the first enrolment. */
  certificateText(): string | undefined {
    return read(this.#disk, `${this.#directory}/certificate.pem`);
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

  /** Keeps a certificate if it is one for this device's key; says whether it is. */
  keep(certificate: string): boolean {
    try {
      if (!new X509Certificate(certificate).checkPrivateKey(this.key())) return false;
    } catch {
      return false;
    }
    this.#write('certificate.pem', certificate);
    return true;
  }

  #write(name: string, text: string): void {
    makeDirectoryDurably(this.#disk, this.#directory);
    writeFileDurably(this.#disk, this.#directory, name, new TextEncoder().encode(text));
  }
}
