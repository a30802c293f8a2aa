/**
 * Snapshot and timestamp, signed by the controller's own keys, and all other metadata as devices fetch it.
 *
 * A device may fetch at any moment: files are written in the order roots, targets, snapshot, timestamp, each durable before
 * the next, and all but the timestamp carry their version in their name and never change. Versions only grow, whatever
 * happens to the branch; a revision that would take one back is refused before anything is written. The controller's own
 * versions are at least the seconds of the time, so that they grow even when its state was lost. What lies there is believed where
 * it is what was signed last (`take-up-online.ts`), which is remembered elsewhere; all else is signed anew above it.
 */

import type { Snapshot, Timestamp } from '@tufjs/models';
import { trustLimits } from '../../artifact/trust/limits.ts';
import { type MetadataFile, readMetadata } from '../../artifact/trust/tuf/metadata.ts';
import type { Pin } from '../../artifact/trust/tuf/trusted.ts';
import { InOrder } from '../../platform/in-order.ts';
import type { Log } from '../../platform/ports.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { End } from '../expiry/end.ts';
import type { ArtifactFiles } from './files/artifact-files.ts';
import { judgeLost } from './newest-published.ts';
import { oldVersions } from './old-versions.ts';
import { onlineEnd } from './online-end.ts';
import { isSignedBy, judgeLeaps, judgeOnlineKeys, type OnlineKeys } from './online-judgement.ts';
import {
  nothingSigned,
  type OnlineMemory,
  type Pins,
  readSignedOnline,
  type SignedOnline,
  samePins,
  writeSignedOnline,
} from './online-memory.ts';
import { PublishedFiles } from './published-files.ts';
import { recordSigners } from './published-names.ts';
import { releaseNamesFile } from './release-names.ts';
import { ReleaseRecord } from './release-record.ts';
import { signedSnapshot, signedTimestamp } from './sign-online.ts';
import { judgeSuccession } from './succession.ts';
import { takeUpOnline } from './take-up-online.ts';
import { travellingForm } from './travelling-form.ts';
import type { TrustFiles } from './trust-files.ts';
import { TrustReader } from './trust-reader.ts';
import { TufFolder } from './tuf-folder.ts';
import { targetsFiles, type VerifiedTrust } from './verify-trust.ts';

export interface OnlineMetadataOptions {
  /** It writes below `tuf/`. */
  readonly files: ArtifactFiles;
  readonly keys: OnlineKeys;
  readonly memory: OnlineMemory;
  readonly log: Log;
  /** How long a timestamp is valid; it is renewed when a third of that has passed. */
  readonly timestampLifetimeMs: number;
}

/** A snapshot changes little by itself: it lives this many times as long as a timestamp. */
const snapshotLifetimes = 4;

/** Under which name the newest that was signed is remembered. */
const memoryName = 'online';

export class OnlineMetadata {
  readonly #options: OnlineMetadataOptions;
  readonly #folder: TufFolder;
  readonly #record: ReleaseRecord;
  readonly #published: PublishedFiles;
  /** What writes, or reads what is written in several steps: one at a time. */
  readonly #steps = new InOrder();
  /** What was published before is read once, as soon as it can be. */
  #isTakenUp = false;
  #signed = nothingSigned;
  /** What is to be remembered of it. */
  #isNews = false;
  #resumed: VerifiedTrust | undefined;
  #timestamp: MetadataFile<Timestamp> | undefined;
  #snapshot: MetadataFile<Snapshot> | undefined;
  /** For whoever judges trees after what is published, so that nothing is read twice. */
  readonly reader = new TrustReader();

  constructor(options: OnlineMetadataOptions) {
    this.#options = options;
    this.#folder = new TufFolder(options.files);
    this.#record = new ReleaseRecord(this.#folder, options.keys.snapshot, options.memory);
    this.#published = new PublishedFiles(this.#folder, this.#record);
  }

  /** What keeps a revision's metadata from being published after what was published before. */
  async judge(trust: VerifiedTrust, now: number): Promise<Problem[]> {
    const published = await this.published();
    const { timestamp, pins } = this.#signed;
    const nowS = Math.max(Math.floor(now / 1000), timestamp.version);
    return [
      ...judgeSuccession(trust, published, this.reader),
      ...judgeLost(trust, pins, published),
      ...judgeOnlineKeys(trust, this.#options.keys),
      ...judgeLeaps(trust, pins, nowS),
    ];
  }

  /** What is in force, by its paths in a repository; without the deployment keys, which are an artifact. */
  published(): Promise<TrustFiles> {
    return this.#inOrder(() => this.#published.files(this.#signed));
  }

  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#steps.run(async () => {
      if (!this.#isTakenUp) await this.#takeUp();
      this.#isTakenUp = true;
      return work();
    });
  }

  /** Puts a revision's metadata, which `judge` found no problem with, into service; durable when it resolves. */
  publish(trust: VerifiedTrust, now: number): Promise<void> {
    return this.#inOrder(() => this.#publish(trust, now));
  }

  async #publish(trust: VerifiedTrust, now: number): Promise<void> {
    this.#published.forget('which');
    await this.#record.note(trust.releases, recordSigners(trust.roots, this.#signed.roots.keys()));
    await this.#writeRoots(trust);
    const pins = new Map(this.#signed.pins);
    for (const [name, file] of targetsFiles(trust)) pins.set(`${name}.json`, await this.#writeTargets(name, file));
    const root = trust.roots.at(-1)!.signed;
    const isSnapshotSigned = isSignedBy(root, 'snapshot', this.#snapshot);
    const isTimestampSigned = isSignedBy(root, 'timestamp', this.#timestamp);
    if (!isSnapshotSigned || !samePins(pins, this.#signed.pins)) await this.#signSnapshot(pins, now);
    if (!isTimestampSigned) await this.#signTimestamp(now);
    await this.#renew(now);
    await this.#remember();
    await this.#removeOld();
  }

  /** What was published before a restart: where nothing of it is left that can be believed, the next renewal publishes it again. */
  resume(trust: VerifiedTrust): void {
    this.#resumed = trust;
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
    if (name === 'root.json') return this.#signed.roots.get(Number(version));
    const pin = this.#signed.pins.get(name);
    return pin?.version === Number(version) ? pin.sha256 : undefined;
  }

  /** Writes again what of a revision's metadata, which is in service, is not as it was written. */
  rewrite(trust: VerifiedTrust): Promise<void> {
    return this.#inOrder(async () => {
      this.#published.forget('all');
      await this.#writeRoots(trust);
      const files = new Map<string, Uint8Array>();
      for (const [name, { signed, bytes }] of targetsFiles(trust)) {
        if (this.#signed.pins.get(`${name}.json`)?.version === signed.version)
          files.set(`${signed.version}.${name}.json`, travellingForm(bytes));
      }
      if (this.#snapshot !== undefined)
        files.set(`${this.#snapshot.signed.version}.snapshot.json`, this.#snapshot.bytes);
      if (this.#timestamp !== undefined) files.set('timestamp.json', this.#timestamp.bytes);
      for (const [file, bytes] of files) await this.#folder.put(file, bytes);
    });
  }

  /** Signs anew what has lived a third of its time, or was signed for a time that has not come. */
  renew(now: number): Promise<void> {
    return this.#inOrder(async () => {
      const isLost = this.#signed.pins.size === 0;
      if (isLost && this.#resumed !== undefined) return this.#publish(this.#resumed, now);
      await this.#renew(now);
      await this.#remember();
    });
  }

  async #renew(now: number): Promise<void> {
    const { pins } = this.#signed;
    if (pins.size === 0) return;
    if (this.#isDue(this.#snapshot, snapshotLifetimes, now)) await this.#signSnapshot(pins, now);
    const isNamed = this.#timestamp?.signed.snapshotMeta.version === this.#snapshot?.signed.version;
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

  async #takeUp(): Promise<void> {
    const { memory, keys, log } = this.#options;
    const text = await memory.read(memoryName);
    const remembered = (text === undefined ? undefined : readSignedOnline(text)) ?? nothingSigned;
    const read = (file: string) => this.#folder.read(file);
    const { timestamp, snapshot, signed, distrusted } = await takeUpOnline(read, remembered, keys.timestamp.publicKey);
    this.#timestamp = timestamp;
    this.#snapshot = snapshot;
    this.#signed = signed;
    this.#isNews = signed.timestamp.sha256 !== remembered.timestamp.sha256;
    if (distrusted !== undefined) log.write('warn', 'publishing.metadata-distrusted', { reason: distrusted });
  }

  #note(changes: Partial<SignedOnline>): void {
    this.#signed = { ...this.#signed, ...changes };
    this.#isNews = true;
  }

  /** After what is remembered is there: what a stop leaves out is signed, newer than what is remembered, and taken up. */
  async #remember(): Promise<void> {
    if (!this.#isNews) return;
    await this.#options.memory.write(memoryName, writeSignedOnline(this.#signed));
    this.#isNews = false;
  }

  async #writeRoots({ roots }: VerifiedTrust): Promise<void> {
    const known = this.#signed.roots;
    const published = new Map(known);
    for (const { signed, bytes } of roots) {
      const file = `${signed.version}.root.json`;
      const form = travellingForm(bytes);
      await this.#folder.put(file, form);
      published.set(signed.version, sha256Hex(form));
    }
    if ([...published].some(([version, sha256]) => known.get(version) !== sha256)) this.#note({ roots: published });
  }

  async #writeTargets(name: string, file: MetadataFile<{ readonly version: number }>): Promise<Pin> {
    const { version } = file.signed;
    const before = this.#signed.pins.get(`${name}.json`);
    // Where the snapshot is gone, so may be what it named.
    if (before?.version === version && this.#snapshot !== undefined) return before;
    if (before !== undefined && before.version > version)
      throw new Error(`version ${before.version} of ${name} was published: devices refuse version ${version}`);
    // A file of this version that no snapshot names was left by a stop before the snapshot; no device was told of it.
    const bytes = travellingForm(file.bytes);
    await this.#folder.write(`${version}.${name}.json`, bytes);
    return { version, length: bytes.length, sha256: sha256Hex(bytes) };
  }

  /** It is in force once a timestamp names it. */
  async #signSnapshot(pins: Pins, now: number): Promise<void> {
    const version = versionAfter(this.#signed.snapshotVersion, now);
    const expiresAt = now + snapshotLifetimes * this.#options.timestampLifetimeMs;
    const bytes = signedSnapshot({ version, expiresAt, pins }, this.#options.keys.snapshot);
    const file = `${version}.snapshot.json`;
    await this.#folder.write(file, bytes);
    this.#snapshot = readMetadata('snapshot', bytes, trustLimits.snapshotBytesMax, file);
    this.#note({ snapshotVersion: version, pins });
  }

  async #signTimestamp(now: number): Promise<void> {
    const { bytes: snapshot, signed: named } = this.#snapshot!;
    const version = versionAfter(this.#signed.timestamp.version, now);
    const pin = { version: named.version, length: snapshot.length, sha256: sha256Hex(snapshot) };
    const expiresAt = now + this.#options.timestampLifetimeMs;
    const bytes = signedTimestamp({ version, expiresAt, issuedAt: now, pin }, this.#options.keys.timestamp);
    await this.#folder.write('timestamp.json', bytes);
    this.#timestamp = readMetadata('timestamp', bytes, trustLimits.timestampBytesMax, 'timestamp.json');
    this.#note({ timestamp: { version, sha256: sha256Hex(bytes) } });
  }

  #isDue(file: MetadataFile<Snapshot | Timestamp> | undefined, lifetimes: number, now: number): boolean {
    if (file === undefined) return true;
    const lifetimeMs = this.#options.timestampLifetimeMs * lifetimes;
    const leftMs = Date.parse(file.signed.expires) - now;
    // With more left than any file has, it was signed while the clock ran ahead, or for a longer life than is wanted now.
    return leftMs <= (lifetimeMs * 2) / 3 || leftMs > lifetimeMs;
  }

  async #removeOld(): Promise<void> {
    for (const file of oldVersions(await this.#folder.list(), this.#signed.pins)) await this.#folder.remove(file);
  }
}

function versionAfter(before: number, now: number): number {
  return Math.max(before + 1, Math.floor(now / 1000));
}
