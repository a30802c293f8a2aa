/** The bytes of what the controller itself signs: snapshot and timestamp. */
import { Metadata, MetaFile, Signature, Snapshot, Timestamp } from '@tufjs/models';
import { type PrivateKey, signBytes } from '../../artifact/trust/keys.ts';
import { issuedField, type Pin } from '../../artifact/trust/tuf/trusted.ts';

const specVersion = '1.0.31';

interface Terms {
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A snapshot that names these files. */
export function signedSnapshot(
  { version, expiresAt, pins }: Terms & { readonly pins: ReadonlyMap<string, Pin> },
  key: PrivateKey,
): Uint8Array {
  const meta = Object.fromEntries([...pins].map(([file, pin]) => [file, metaFileOf(pin)]));
  return sign(new Metadata(new Snapshot({ version, specVersion, expires: timeText(expiresAt), meta })), key);
}

/** A timestamp that names a snapshot, and says when it was made. */
export function signedTimestamp(
  { version, expiresAt, issuedAt, pin }: Terms & { readonly issuedAt: number; readonly pin: Pin },
  key: PrivateKey,
): Uint8Array {
  const signed = new Timestamp({
    ...{ version, specVersion, expires: timeText(expiresAt) },
    snapshotMeta: metaFileOf(pin),
    unrecognizedFields: { [issuedField]: timeText(issuedAt) },
  });
  return sign(new Metadata(signed), key);
}

function sign(metadata: Metadata<Snapshot> | Metadata<Timestamp>, key: PrivateKey): Uint8Array {
  metadata.sign((bytes) => {
    return new Signature({ keyID: key.keyId, sig: Buffer.from(signBytes(key, bytes)).toString('hex') });
  });
  return new TextEncoder().encode(JSON.stringify(metadata.toJSON()));
}

function metaFileOf({ version, length, sha256 }: Pin): MetaFile {
  return new MetaFile({ version, length, hashes: { sha256 } });
}

function timeText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
