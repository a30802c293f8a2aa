import type { MetaFile, Root, Snapshot, Targets, Timestamp } from '@tufjs/models';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { TrustError } from '../error.ts';
import type { MetadataFile } from './metadata.ts';

/** A metadata file whose signatures were checked, with the bytes to persist. */
export interface TrustedFile<T> {
  readonly bytes: Uint8Array;
  readonly signed: T;
}

/**
 * All that is trusted, as one immutable value: every accepted file yields a new one.
 *
 *     root ──► timestamp ──► snapshot ──► targets ──► roles (one per application)
 *
 * After a cut a file may lag behind what the file on its left names; it still guards against rollback, but no target is
 * found through it (`find-target.ts`) before its successor was accepted.
 */
export interface TrustedMetadata {
  readonly root: TrustedFile<Root>;
  readonly timestamp?: TrustedFile<Timestamp>;
  readonly snapshot?: TrustedFile<Snapshot>;
  readonly targets?: TrustedFile<Targets>;
  /** Delegated targets metadata by role name. */
  readonly roles: ReadonlyMap<string, TrustedFile<Targets>>;
}

/** The unrecognised field of the timestamp that says when it was signed: RFC 3339 in UTC, whole seconds. */
export const issuedField = 'x-fleet-issued';

/** When the trusted timestamp was signed, in milliseconds since the epoch; a time that the device's own never runs behind, if credible. */
export function issuedAt({ timestamp }: TrustedMetadata): number | undefined {
  const value = timestamp?.signed.unrecognizedFields[issuedField];
  const time =
    typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

/**
 * Whether a time that the online keys signed may be one: while root and targets, signed offline, are valid. Beyond that it
 * tells of a controller whose clock ran ahead, and must not be gone by when the clock is right again.
 */
export function isCredible({ root, targets }: TrustedMetadata, signedMs: number): boolean {
  const isValid = ({ expires }: { readonly expires: string }): boolean => Date.parse(expires) > signedMs;
  return isValid(root.signed) && targets !== undefined && isValid(targets.signed);
}

/** What the metadata above names: version, length and digest of a file. */
export interface Pin {
  readonly version: number;
  readonly length: number;
  readonly sha256: string;
}

/** Reads a pin. The specification lets length and digests be absent; fleets always have them. */
export function pinOf(meta: MetaFile | undefined, what: string): Pin | undefined {
  if (meta === undefined) return undefined;
  const { version, length } = meta;
  const sha256 = meta.hashes?.sha256;
  if (!Number.isSafeInteger(version) || !Number.isSafeInteger(length) || !/^[0-9a-f]{64}$/.test(sha256 ?? '')) {
    throw new TrustError('MALFORMED', `${what} must be named with version, length and sha256`);
  }
  return { version, length: length!, sha256: sha256! };
}

/** The pin of the snapshot in the trusted timestamp. */
export function snapshotPin({ timestamp }: TrustedMetadata): Pin | undefined {
  return pinOf(timestamp?.signed.snapshotMeta, 'snapshot.json');
}

/** The pin of `targets` or of a delegated role in the trusted snapshot. */
export function targetsPin({ snapshot }: TrustedMetadata, role: string): Pin | undefined {
  const file = `${role}.json`;
  const meta = snapshot?.signed.meta;
  return pinOf(meta !== undefined && Object.hasOwn(meta, file) ? meta[file] : undefined, file);
}

/** Whether a trusted file is the one that its pin names. */
export function isCurrent(file: TrustedFile<{ readonly version: number }> | undefined, pin: Pin | undefined): boolean {
  if (file === undefined || pin === undefined || file.signed.version !== pin.version) return false;
  return file.bytes.length === pin.length && sha256Hex(file.bytes) === pin.sha256;
}

/** Refuses bytes that are not those the pin names. */
export function requirePinned(bytes: Uint8Array, pin: Pin, what: string, rule: string): void {
  if (bytes.length !== pin.length) {
    throw new TrustError('LENGTH_MISMATCH', `${what} has ${bytes.length} bytes, ${pin.length} are named`, rule);
  }
  const sha256 = sha256Hex(bytes);
  if (sha256 !== pin.sha256)
    throw new TrustError('HASH_MISMATCH', `${what} has sha256 ${sha256}, ${pin.sha256} is named`, rule);
}

/** Refuses another version than the pin names. */
export function requireVersion(version: number, pin: Pin, what: string, rule: string): void {
  if (version !== pin.version) {
    throw new TrustError('VERSION_MISMATCH', `${what} is version ${version}, ${pin.version} is named`, rule);
  }
}

/** Refuses what expired at or before `now`, in milliseconds since the epoch. */
export function requireUnexpired(signed: { readonly expires: string }, now: number, what: string, rule: string): void {
  if (!(Date.parse(signed.expires) > now)) {
    throw new TrustError('EXPIRED', `${what} expired ${signed.expires}, it is ${new Date(now).toISOString()}`, rule);
  }
}

/** What stays of a file once it is accepted. */
export function accepted<T>({ bytes, signed }: MetadataFile<T>): TrustedFile<T> {
  return { bytes, signed };
}
