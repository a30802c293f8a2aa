/**
 * Snapshot and timestamp, signed by the controller's own keys, and all other metadata as devices fetch it.
 *
 * A device may fetch at any moment: files are written in the order roots, targets, snapshot, timestamp, each durable before
 * the next, and all but the timestamp carry their version in their name and never change. Versions only grow, whatever
 * happens to the branch; a revision that would take one back is refused before anything is written. The controller's own
 * versions are at least the seconds of the time, so that they grow even when its state was lost.
 */

import type { Snapshot, Timestamp } from '@tufjs/models';
import { TrustError } from '../../artifact/trust/error.ts';
import { trustLimits } from '../../artifact/trust/limits.ts';
import { type MetadataFile, readMetadata } from '../../artifact/trust/tuf/metadata.ts';
import { type Pin, pinOf } from '../../artifact/trust/tuf/trusted.ts';
import { InOrder } from '../../platform/in-order.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { End } from '../expiry/end.ts';
import { ArtifactError, type ArtifactFiles } from './files/artifact-files.ts';
import { isMetadata, judgeLost, newestNamed, type PublishedVersions } from './newest-published.ts';
import { oldVersions } from './old-versions.ts';
import { onlineEnd } from './online-end.ts';
import { isSignedBy, judgeLeaps, judgeOnlineKeys, type OnlineKeys } from './online-judgement.ts';
import { recordSigners } from './published-names.ts';
import { releaseNamesFile } from './release-names.ts';
import { ReleaseRecord } from './release-record.ts';
import { signedSnapshot, signedTimestamp } from './sign-online.ts';
import { judgeSuccession } from './succession.ts';
import { travellingForm } from './travelling-form.ts';
import { rootVersionOf, type TrustFiles, targetsFile } from './trust-files.ts';
import { TrustReader } from './trust-reader.ts';
import { targetsFiles, type VerifiedTrust } from './verify-trust.ts';

export interface OnlineMetadataOptions {
  /** It writes below `tuf/`. */
  readonly files: ArtifactFiles;
  readonly keys: OnlineKeys;
  /** How long a timestamp is valid; it is renewed when a third of that has passed. */
  readonly timestampLifetimeMs: number;
}

/** A snapshot changes little by itself: it lives this many times as long as a timestamp. */
const snapshotLifetimes = 4;

type Pins = ReadonlyMap<string, Pin>;

export class OnlineMetadata {
  readonly #options: OnlineMetadataOptions;
  readonly #record: ReleaseRecord;
  /** What writes, or reads what is written in several steps: one at a time. */
  readonly #steps = new InOrder();
  /** What was published before is read once, as soon as it can be. */
  #isTakenUp = false;
  #timestamp: MetadataFile<Timestamp> | undefined;
  #snapshot: MetadataFile<Snapshot> | undefined;
  #published: TrustFiles | undefined;
  /** What `published` read, by file: versions never change. */
  #versions: ReadonlyMap<string, Uint8Array> = new Map();
  /** For whoever judges trees after what is published, so that nothing is read twice. */
  readonly reader = new TrustReader();

  constructor(options: OnlineMetadataOptions) {
    this.#options = options;
    this.#record = new ReleaseRecord(options.files, options.keys.snapshot);
  }

  /** What keeps a revision's metadata from being published after what was published before. */
  async judge(trust: VerifiedTrust, now: number): Promise<Problem[]> {
    const published = await this.published();
    const nowS = Math.max(Math.floor(now / 1000), this.#timestamp?.signed.version ?? 0);
    return [
      ...judgeSuccession(trust, published, this.reader),
      ...judgeLost(trust, await this.#newest(), published),
      ...judgeOnlineKeys(trust, this.#options.keys),
      ...judgeLeaps(trust, this.#pins(), nowS),
    ];
  }

  /** What is in force, by its paths in a repository; without the deployment keys, which are an artifact. */
  published(): Promise<TrustFiles> {
    return this.#inOrder(async () => {
      this.#published ??= await this.#readPublished();
      return this.#published;
    });
  }

  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#steps.run(async () => {
      if (!this.#isTakenUp) await this.#takeUp();
      this.#isTakenUp = true;
      return work();
    });
  }

  async #readPublished(): Promise<TrustFiles> {
    const versions = new Map<string, Uint8Array>();
    const files = new Map<string, Uint8Array>();
    const take = async (path: string, file: string, sha256?: string) => {
      const bytes = this.#versions.get(file) ?? (await this.#read(file));
      // What rotted is not kept in the place of anything.
      if (bytes === undefined || !(sha256 === undefined ? isMetadata(bytes) : sha256Hex(bytes) === sha256)) return;
      versions.set(file, bytes);
      files.set(path, bytes);
    };
    for (const file of await this.#list()) if (rootVersionOf(`trust/${file}`)) await take(`trust/${file}`, file);
    for (const [file, { version, sha256 }] of await this.#newest()) {
      await take(file === 'targets.json' ? targetsFile : `trust/roles/${file}`, `${version}.${file}`, sha256);
    }
    this.#versions = versions;
    const names = await this.#record.read();
    return names === undefined ? files : files.set(releaseNamesFile, names);
  }

  /** Where the snapshot was lost, the names of files tell. */
  async #newest(): Promise<PublishedVersions> {
    return this.#snapshot === undefined ? newestNamed(await this.#list()) : this.#pins();
  }

  /** Puts a revision's metadata, which `judge` found no problem with, into service; durable when it resolves. */
  publish(trust: VerifiedTrust, now: number): Promise<void> {
    return this.#inOrder(async () => {
      this.#published = undefined;
      const paths = (await this.#list()).map((file) => `trust/${file}`);
      await this.#record.note(trust.releases, recordSigners(trust.roots, paths));
      for (const { signed, bytes } of trust.roots) {
        const file = `${signed.version}.root.json`;
        if ((await this.#read(file)) === undefined) await this.#write(file, travellingForm(bytes));
      }
      const pins = new Map(this.#pins());
      for (const [name, file] of targetsFiles(trust)) pins.set(`${name}.json`, await this.#writeTargets(name, file));
      const root = trust.roots.at(-1)!.signed;
      const isSnapshotSigned = isSignedBy(root, 'snapshot', this.#snapshot);
      const isTimestampSigned = isSignedBy(root, 'timestamp', this.#timestamp);
      if (!isSnapshotSigned || !samePins(pins, this.#pins())) await this.#signSnapshot(pins, now);
      if (!isTimestampSigned) await this.#signTimestamp(now);
      await this.#renew(now);
      await this.#removeOld();
    });
  }

  /** Whether these are the bytes of a file as it is in force; of other versions any are, of the record any that is signed here. */
  isRight(file: string, bytes: Uint8Array | undefined): boolean {
    if (file === releaseNamesFile) return bytes !== undefined && this.#record.isOurs(bytes);
    const sha256 = this.#digestOf(file);
    return sha256 === undefined || (bytes !== undefined && sha256Hex(bytes) === sha256);
  }

  /** Undefined for what is not in force; what nothing has while nothing is. */
  #digestOf(file: string): string | undefined {
    if (file === 'timestamp.json') return this.#timestamp === undefined ? '' : sha256Hex(this.#timestamp.bytes);
    if (this.#snapshot === undefined) return undefined;
    if (file === `${this.#snapshot.signed.version}.snapshot.json`) return sha256Hex(this.#snapshot.bytes);
    const [version, name = ''] = file.split(/\.(.*)/, 2);
    const pin = this.#pins().get(name);
    return pin?.version === Number(version) ? pin.sha256 : undefined;
  }

  /** Writes again what of a revision's metadata, which is in service, is not as it was written. */
  rewrite(trust: VerifiedTrust): Promise<void> {
    return this.#inOrder(async () => {
      this.#published = undefined;
      this.#versions = new Map();
      const files = new Map<string, Uint8Array>();
      for (const { signed, bytes } of trust.roots) files.set(`${signed.version}.root.json`, travellingForm(bytes));
      for (const [name, { signed, bytes }] of targetsFiles(trust)) {
        if (this.#pins().get(`${name}.json`)?.version === signed.version)
          files.set(`${signed.version}.${name}.json`, travellingForm(bytes));
      }
      if (this.#snapshot !== undefined)
        files.set(`${this.#snapshot.signed.version}.snapshot.json`, this.#snapshot.bytes);
      if (this.#timestamp !== undefined) files.set('timestamp.json', this.#timestamp.bytes);
      for (const [file, bytes] of files) {
        const there = await this.#read(file);
        if (there === undefined || !Buffer.from(there).equals(bytes)) await this.#write(file, bytes);
      }
    });
  }

  /** Signs anew what has lived a third of its time, or was signed for a time that has not come. */
  renew(now: number): Promise<void> {
    return this.#inOrder(() => this.#renew(now));
  }

  async #renew(now: number): Promise<void> {
    if (this.#snapshot === undefined) return;
    if (this.#isDue(this.#snapshot, snapshotLifetimes, now)) await this.#signSnapshot(this.#pins(), now);
    const isNamed = this.#timestamp?.signed.snapshotMeta.version === this.#snapshot.signed.version;
    if (!isNamed || this.#isDue(this.#timestamp, 1, now)) await this.#signTimestamp(now);
  }

  /** When `renew` has to be called next, in milliseconds since the epoch; undefined before anything was published. */
  renewAt(): number | undefined {
    if (this.#timestamp === undefined) return undefined;
    return Date.parse(this.#timestamp.signed.expires) - (this.#options.timestampLifetimeMs * 2) / 3;
  }

  /** When what the controller signs ends: it is renewed long before, or something is wrong. */
  ends(): End[] {
    const lifetimeMs = this.#options.timestampLifetimeMs;
    return [
      ...(this.#timestamp === undefined ? [] : [onlineEnd('timestamp', this.#timestamp, lifetimeMs)]),
      ...(this.#snapshot === undefined ? [] : [onlineEnd('snapshot', this.#snapshot, lifetimeMs * snapshotLifetimes)]),
    ];
  }

  /** What was published before; when it cannot be read, publishing begins anew. */
  async #takeUp(): Promise<void> {
    const bytes = await this.#read('timestamp.json');
    if (bytes === undefined) return;
    try {
      const timestamp = readMetadata('timestamp', bytes, trustLimits.timestampBytesMax, 'timestamp.json');
      const file = `${timestamp.signed.snapshotMeta.version}.snapshot.json`;
      const snapshot = await this.#read(file);
      if (snapshot === undefined) return;
      this.#snapshot = readMetadata('snapshot', snapshot, trustLimits.snapshotBytesMax, file);
      this.#timestamp = timestamp;
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
    }
  }

  async #writeTargets(name: string, file: MetadataFile<{ readonly version: number }>): Promise<Pin> {
    const { version } = file.signed;
    const before = this.#pins().get(`${name}.json`);
    if (before?.version === version) return before;
    if (before !== undefined && before.version > version)
      throw new Error(`version ${before.version} of ${name} was published: devices refuse version ${version}`);
    // A file of this version that no snapshot names was left by a stop before the snapshot; no device was told of it.
    const bytes = travellingForm(file.bytes);
    await this.#write(`${version}.${name}.json`, bytes);
    return { version, length: bytes.length, sha256: sha256Hex(bytes) };
  }

  /** It is in force once a timestamp names it. */
  async #signSnapshot(pins: Pins, now: number): Promise<void> {
    const version = versionAfter(this.#snapshot, now);
    const expiresAt = now + snapshotLifetimes * this.#options.timestampLifetimeMs;
    const bytes = signedSnapshot({ version, expiresAt, pins }, this.#options.keys.snapshot);
    const file = `${version}.snapshot.json`;
    await this.#write(file, bytes);
    this.#snapshot = readMetadata('snapshot', bytes, trustLimits.snapshotBytesMax, file);
  }

  async #signTimestamp(now: number): Promise<void> {
    const { bytes: snapshot, signed: named } = this.#snapshot!;
    const version = versionAfter(this.#timestamp, now);
    const pin = { version: named.version, length: snapshot.length, sha256: sha256Hex(snapshot) };
    const expiresAt = now + this.#options.timestampLifetimeMs;
    const bytes = signedTimestamp({ version, expiresAt, issuedAt: now, pin }, this.#options.keys.timestamp);
    await this.#write('timestamp.json', bytes);
    this.#timestamp = readMetadata('timestamp', bytes, trustLimits.timestampBytesMax, 'timestamp.json');
  }

  #isDue(file: MetadataFile<Snapshot | Timestamp> | undefined, lifetimes: number, now: number): boolean {
    if (file === undefined) return true;
    const lifetimeMs = this.#options.timestampLifetimeMs * lifetimes;
    const leftMs = Date.parse(file.signed.expires) - now;
    // With more left than any file has, it was signed while the clock ran ahead, or for a longer life than is wanted now.
    return leftMs <= (lifetimeMs * 2) / 3 || leftMs > lifetimeMs;
  }

  #pins(): Pins {
    const meta = Object.entries(this.#snapshot?.signed.meta ?? {});
    return new Map(meta.map(([file, entry]) => [file, pinOf(entry, file)!]));
  }

  async #removeOld(): Promise<void> {
    for (const file of oldVersions(await this.#list(), this.#pins())) await this.#options.files.remove(`tuf/${file}`);
  }

  async #list(): Promise<string[]> {
    return (await this.#options.files.list('tuf', 1)).map((path) => path.slice('tuf/'.length));
  }

  #write(file: string, bytes: Uint8Array): Promise<void> {
    return this.#options.files.write(`tuf/${file}`, bytes);
  }

  /** What is too large was not written here. */
  async #read(file: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#options.files.read(`tuf/${file}`, trustLimits.targetsBytesMax);
    } catch (error) {
      if (error instanceof ArtifactError && error.code === 'ARTIFACT_TOO_LARGE') return undefined;
      throw error;
    }
  }
}

function versionAfter(before: MetadataFile<Snapshot | Timestamp> | undefined, now: number): number {
  return Math.max((before?.signed.version ?? 0) + 1, Math.floor(now / 1000));
}

function samePins(one: Pins, other: Pins): boolean {
  if (one.size !== other.size) return false;
  return [...one].every(([file, pin]) => other.get(file)?.sha256 === pin.sha256);
}
