import { canonicalize } from '@tufjs/canonical-json';
import {
  Metadata,
  MetadataKind,
  MetaFile,
  type Root,
  Snapshot,
  TargetFile,
  Targets,
  type Timestamp,
} from '@tufjs/models';
import { TrustError } from '../error.ts';
import { type Json, type JsonObject, objectOf, parseBoundedJson } from '../json.ts';
import { trustLimits } from '../limits.ts';

/** The signed parts by the name of their type. */
export interface SignedParts {
  readonly root: Root;
  readonly timestamp: Timestamp;
  readonly snapshot: Snapshot;
  readonly targets: Targets;
}

/** A metadata file that was read and not yet judged. */
export interface MetadataFile<T> {
  readonly bytes: Uint8Array;
  readonly signed: T;
  /** What the signatures are over. */
  readonly signedBytes: Uint8Array;
  /** Hexadecimal, by key id. */
  readonly signatures: ReadonlyMap<string, string>;
}

const kinds = {
  root: MetadataKind.Root,
  timestamp: MetadataKind.Timestamp,
  snapshot: MetadataKind.Snapshot,
  targets: MetadataKind.Targets,
} as const;

const expiryForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** Reads one file of metadata of a kind; `what` names it in errors. */
export function readMetadata<K extends keyof SignedParts>(
  kind: K,
  bytes: Uint8Array,
  bytesMax: number,
  what: string,
): MetadataFile<SignedParts[K]> {
  const document = objectOf(parseBoundedJson(bytes, bytesMax, what), what);
  const signed = objectOf(document.signed, `${what}: signed`);
  if (signed._type !== kind) {
    throw new TrustError('WRONG_TYPE', `${what} is of type ${JSON.stringify(signed._type)}, not ${kind}`);
  }
  const metadata = modelOf(kind, document, what);
  const { version, expires } = metadata.signed;
  if (!(Number.isSafeInteger(version) && version >= 1)) {
    throw new TrustError('MALFORMED', `${what}: version must be a positive integer, not ${version}`);
  }
  if (!expiryForm.test(expires))
    throw new TrustError('MALFORMED', `${what}: expires must be like 2030-01-01T00:00:00Z`);
  const signatures = Object.values(metadata.signatures);
  if (signatures.length > trustLimits.signaturesMax) {
    throw new TrustError(
      'TOO_LARGE',
      `${what} has ${signatures.length} signatures, at most ${trustLimits.signaturesMax} are read`,
    );
  }
  return {
    bytes,
    signed: metadata.signed as SignedParts[K],
    signedBytes: canonicalBytes(signed, what),
    signatures: new Map(signatures.map(({ keyID, sig }) => [keyID, sig])),
  };
}

/** Canonical JSON, as signatures want it. */
export function canonicalBytes(value: unknown, what: string): Uint8Array {
  try {
    return new Uint8Array(Buffer.from(canonicalize(value)));
  } catch (cause) {
    throw new TrustError('MALFORMED', `${what} has no canonical JSON: ${(cause as Error).message}`, undefined, {
      cause,
    });
  }
}

type AnyModel = Pick<Metadata<SignedParts[keyof SignedParts]>, 'signed' | 'signatures'>;

/**
 * The models rebuild a map for every entry of it, which takes time in the square of the entries: the long ones are kept from
 * them and read here.
 */
function modelOf(kind: keyof SignedParts, document: JsonObject, what: string): AnyModel {
  // The models keep what they are given; a copy leaves the judged document alone.
  const copy = structuredClone(document) as Parameters<typeof Metadata.fromJSON>[1];
  const signed = copy.signed as Record<string, JsonObject | undefined>;
  const { targets, meta } = signed;
  try {
    if (kind === 'targets' && isMapOfObjects(targets)) signed.targets = {};
    if (kind === 'snapshot' && isMapOfObjects(meta)) signed.meta = {};
    const model = Metadata.fromJSON(kinds[kind] as MetadataKind.Root, copy) as AnyModel;
    return { signed: filled(model.signed, targets, meta), signatures: model.signatures };
  } catch (cause) {
    throw new TrustError('MALFORMED', `${what}: ${(cause as Error).message}`, undefined, { cause });
  }
}

function isMapOfObjects(value: Json | undefined): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((entry) => typeof entry === 'object' && entry !== null);
}

function filled(
  signed: AnyModel['signed'],
  targets: JsonObject | undefined,
  meta: JsonObject | undefined,
): AnyModel['signed'] {
  if (signed instanceof Targets && isMapOfObjects(targets)) {
    const entries = Object.entries(targets).map(([path, entry]) => [
      path,
      TargetFile.fromJSON(path, entry as Parameters<typeof TargetFile.fromJSON>[1]),
    ]);
    return new Targets({ ...signed, targets: Object.fromEntries(entries) });
  }
  if (signed instanceof Snapshot && isMapOfObjects(meta)) {
    const entries = Object.entries(meta).map(([file, entry]) => [
      file,
      MetaFile.fromJSON(entry as Parameters<typeof MetaFile.fromJSON>[0]),
    ]);
    return new Snapshot({ ...signed, meta: Object.fromEntries(entries) });
  }
  return signed;
}
