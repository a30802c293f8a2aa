/** What somebody who owns the controller's machine could do to its files: flip bits, forge, replay. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { deploymentPayloadType, signEnvelope } from '../../artifact/trust/dsse.ts';
import { type PrivateKey, privateKeyFromSeed, signBytes } from '../../artifact/trust/keys.ts';
import { canonicalBytes } from '../../artifact/trust/tuf/metadata.ts';
import { readControllerKeys } from '../../controller/publishing/authoring/key-files.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import type { Deployment, ReleaseIndex } from '../../schemas/generated/types.ts';
import type { TestWorld } from './world.ts';

/** A key that nobody named. */
export const mallory: PrivateKey = privateKeyFromSeed(createHash('sha256').update('mallory').digest());

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

type Signed = Record<string, unknown> & { version: number };

function resign(signed: Signed, key: PrivateKey): Buffer {
  const sig = Buffer.from(signBytes(key, canonicalBytes(signed, 'forged'))).toString('hex');
  return Buffer.from(JSON.stringify({ signed, signatures: [{ keyid: key.keyId, sig }] }));
}

export class Attack {
  /** Where the files of the artifact store lie that it changes. */
  artifacts: string;
  readonly #database: string;
  readonly #online;

  constructor({ directory, fleet }: TestWorld) {
    this.artifacts = `${directory}/controller/artifacts`;
    this.#database = `${directory}/controller/controller.db`;
    this.#online = readControllerKeys(nodeDisk, `${fleet.tree.directory}/.fleet/keys/online`);
  }

  /** Replaces a file below the artifact store; gives what undoes it. */
  replace(path: string, change: (bytes: Buffer) => Uint8Array): () => void {
    const file = `${this.artifacts}/${path}`;
    const before = readFileSync(file);
    writeFileSync(file, change(Buffer.from(before)));
    return () => writeFileSync(file, before);
  }

  /** One bit in every form of a release; undefined until the controller has prepared its small form too. */
  flipRelease(name: string, version: string): true | undefined {
    const { ways }: ReleaseIndex = JSON.parse(
      readFileSync(`${this.artifacts}/releases/${name}/${version}.json`, 'utf8'),
    );
    if (ways.length < 2) return undefined;
    for (const way of ways) {
      this.replace(`sha256/${way.sha256}`, (bytes) => {
        bytes[bytes.length >> 1]! ^= 1;
        return bytes;
      });
    }
    return true;
  }

  #signed(path: string): Signed {
    return JSON.parse(readFileSync(`${this.artifacts}/tuf/${path}`, 'utf8')).signed;
  }

  /** A genuine timestamp, newer than the one there, that expired a day ago. */
  expireTimestamp(): () => void {
    const old = this.#signed('timestamp.json');
    const expires = new Date(Date.now() - 86_400_000).toISOString().replace(/\.\d+/, '');
    const signed = { ...old, version: old.version + 1, expires };
    return this.replace('tuf/timestamp.json', () => resign(signed, this.#online.timestamp));
  }

  /**
   * A release that its application's release keys never signed, with all that the controller's own keys can do for it: snapshot
   * and timestamp name the forged role.
   */
  forgeRelease(name: string, version: string, bytes: Uint8Array): void {
    writeFileSync(`${this.artifacts}/sha256/${sha256(bytes)}`, bytes);
    const roles = readdirSync(`${this.artifacts}/tuf`).filter((file) => file.endsWith(`.${name}.json`));
    const role = this.#signed(roles.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).at(-1)!);
    const target = { length: bytes.length, hashes: { sha256: sha256(bytes) } };
    const targets = { ...(role.targets as object), [`${name}/${version}.wasm`]: target };
    const timestamp = this.#signed('timestamp.json');
    const named = (timestamp.meta as { 'snapshot.json': { version: number } })['snapshot.json'].version;
    const snapshot = this.#signed(`${named}.snapshot.json`);
    const put = (path: string, signed: Signed, key: PrivateKey) => {
      const file = resign(signed, key);
      writeFileSync(`${this.artifacts}/tuf/${path}`, file);
      return { version: signed.version, length: file.length, hashes: { sha256: sha256(file) } };
    };
    const forged = { ...role, version: role.version + 1, targets };
    const pin = put(`${forged.version}.${name}.json`, forged, mallory);
    const meta = { ...(snapshot.meta as object), [`${name}.json`]: pin };
    const next = { ...snapshot, version: snapshot.version + 1, meta };
    const snapshotPin = put(`${next.version}.snapshot.json`, next, this.#online.snapshot);
    const newest = { ...timestamp, version: timestamp.version + 1, meta: { 'snapshot.json': snapshotPin } };
    put('timestamp.json', newest, this.#online.timestamp);
  }

  /** The envelope that the controller keeps of a device's newest deployment. The controller must not run. */
  envelope(device: string): string {
    using database = new DatabaseSync(this.#database);
    const sql = `SELECT value ->> '$' AS envelope FROM documents WHERE room = 'envelope' AND key = ?`;
    return String(database.prepare(sql).get(device)?.envelope);
  }

  setEnvelope(device: string, envelope: string): void {
    using database = new DatabaseSync(this.#database);
    const sql = `UPDATE documents SET value = json_quote(?) WHERE room = 'envelope' AND key = ?`;
    database.prepare(sql).run(envelope, device);
  }

  /** The next deployment of a device, changed and signed by the controller's own key or another. */
  nextDeployment(
    envelope: string,
    change: (deployment: Deployment) => object,
    key: PrivateKey = this.#online.deployment,
  ) {
    const before: Deployment = JSON.parse(Buffer.from(JSON.parse(envelope).payload, 'base64').toString());
    const next = { ...before, sequence: before.sequence + 1, ...change(before) };
    return signEnvelope(deploymentPayloadType, Buffer.from(JSON.stringify(next)), [key]);
  }
}

/** One bit of what was signed. */
export function flipEnvelope(envelope: string): string {
  const parsed = JSON.parse(envelope);
  const payload = Buffer.from(parsed.payload, 'base64');
  payload[payload.length >> 1]! ^= 1;
  return JSON.stringify({ ...parsed, payload: payload.toString('base64') });
}
