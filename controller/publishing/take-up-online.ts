/** What of the snapshot and timestamp that lie where a controller publishes are its own newest. */
import type { Snapshot, Timestamp } from '@tufjs/models';
import type { PublicKey } from '../../artifact/trust/keys.ts';
import { trustLimits } from '../../artifact/trust/limits.ts';
import { type MetadataFile, readMetadata } from '../../artifact/trust/tuf/metadata.ts';
import { hasSigned } from '../../artifact/trust/tuf/signatures.ts';
import { pinOf } from '../../artifact/trust/tuf/trusted.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { ifReadable } from './if-readable.ts';
import { leavesRoom, nothingSigned, type Pins, type SignedOnline } from './online-memory.ts';

/** What goes on, and why something that lies there, or lay there, does not. */
export interface TakenUp {
  readonly timestamp?: MetadataFile<Timestamp>;
  readonly snapshot?: MetadataFile<Snapshot>;
  /** The newest that was signed, as far as anybody knows. */
  readonly signed: SignedOnline;
  readonly distrusted?: string;
}

/** What is served under a name; undefined where nothing is. */
export type ReadServed = (file: string) => Promise<Uint8Array | undefined>;

/** Takes up what is signed by the controller's own key, or as it is remembered, and is not older than what is remembered. */
export async function takeUpOnline(
  read: ReadServed,
  remembered: SignedOnline,
  timestampKey: PublicKey,
): Promise<TakenUp> {
  const before = { signed: remembered };
  const bytes = await read('timestamp.json');
  if (bytes === undefined)
    return remembered === nothingSigned
      ? before
      : { ...before, distrusted: 'timestamp.json, which was signed, is gone' };
  const timestamp = ifReadable(() => readMetadata('timestamp', bytes, trustLimits.timestampBytesMax, 'timestamp.json'));
  const pin = timestamp && ifReadable(() => pinOf(timestamp.signed.snapshotMeta, 'snapshot.json'));
  if (timestamp === undefined || pin === undefined)
    return { ...before, distrusted: "timestamp.json is none: it can't be read" };
  const distrusted = whyDistrusted(timestamp, remembered, timestampKey);
  if (distrusted !== undefined) return { ...before, distrusted };
  const signed = {
    ...remembered,
    timestamp: { version: timestamp.signed.version, sha256: sha256Hex(bytes) },
    snapshotVersion: pin.version,
  };
  const file = `${pin.version}.snapshot.json`;
  const found = await read(file);
  if (found === undefined || sha256Hex(found) !== pin.sha256) {
    const lost = `${file} is not what the timestamp names`;
    return { timestamp, signed, distrusted: lost };
  }
  const snapshot = readMetadata('snapshot', found, trustLimits.snapshotBytesMax, file);
  return { timestamp, snapshot, signed: { ...signed, pins: pinsOf(snapshot) } };
}

/** What a snapshot names. */
function pinsOf({ signed }: MetadataFile<Snapshot>): Pins {
  return new Map(Object.entries(signed.meta).map(([file, entry]) => [file, pinOf(entry, file)!]));
}

function whyDistrusted(
  timestamp: MetadataFile<Timestamp>,
  remembered: SignedOnline,
  key: PublicKey,
): string | undefined {
  const { bytes, signed } = timestamp;
  if (remembered.timestamp.sha256 === sha256Hex(bytes)) return undefined;
  if (!hasSigned(key, timestamp))
    return `timestamp.json of version ${signed.version} is not signed by the controller's key ${key.keyId.slice(0, 12)}`;
  const newest = remembered.timestamp.version;
  if (signed.version <= newest)
    return `timestamp.json is of version ${signed.version}, and the newest that was signed is ${newest}: somebody put an older one back`;
  if (leavesRoom(signed.version)) return undefined;
  return `timestamp.json of version ${signed.version} leaves no room for versions after it: rotate the timestamp key, which did not sign that here`;
}
