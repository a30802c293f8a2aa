/** Release metadata that nobody with a key made: consistent in itself, newer than the genuine, and it trusts its maker's key. */
import { createHash } from 'node:crypto';
import { deploymentKeysPath, writeDeploymentKeys } from '../../artifact/trust/deployment-keys.ts';
import { type PrivateKey, signBytes } from '../../artifact/trust/keys.ts';
import { canonicalBytes } from '../../artifact/trust/tuf/metadata.ts';

// biome-ignore lint/suspicious/noExplicitAny: a forger goes by what he finds, not by a contract.
type Signed = Record<string, any>;

interface MetadataJson {
  readonly signed: Signed;
  readonly signatures: readonly { readonly keyid: string }[];
}

/** Fetches what the genuine server has. */
export type FetchGenuine = (url: string) => Promise<Uint8Array | undefined>;

/** So much newer that the genuine versions never get there. */
const versionsAhead = 1_000_000;

function pinOf(bytes: Uint8Array) {
  return { length: bytes.length, hashes: { sha256: createHash('sha256').update(bytes).digest('hex') } };
}

export class MetadataForger {
  readonly #key: PrivateKey;
  /** The last forgery by URL, but for the timestamp. */
  readonly #files = new Map<string, Uint8Array>();

  constructor(key: PrivateKey) {
    this.#key = key;
  }

  /** A file that a forged timestamp leads to. */
  file(url: string): Uint8Array | undefined {
    return this.#files.get(url);
  }

  /** A timestamp that leads to this forger's deployment key; undefined when the genuine server lacks something. */
  async forgeTimestamp(genuine: FetchGenuine): Promise<Uint8Array | undefined> {
    const read = async (file: string): Promise<MetadataJson | undefined> => {
      const bytes = await genuine(`/tuf/${file}`);
      return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString());
    };
    const timestamp = await read('timestamp.json');
    const snapshot = timestamp && (await read(`${timestamp.signed.meta['snapshot.json'].version}.snapshot.json`));
    const targets = snapshot && (await read(`${snapshot.signed.meta['targets.json'].version}.targets.json`));
    if (timestamp === undefined || snapshot === undefined || targets === undefined) return undefined;
    this.#files.clear();
    const keys = writeDeploymentKeys([this.#key.publicKey]);
    this.#files.set(`/sha256/${pinOf(keys).hashes.sha256}`, keys);
    Object.assign(targets.signed.targets[deploymentKeysPath], pinOf(keys));
    snapshot.signed.meta['targets.json'] = this.#publish('targets', targets);
    timestamp.signed.meta['snapshot.json'] = this.#publish('snapshot', snapshot);
    return this.#signed(timestamp);
  }

  #publish(role: string, file: MetadataJson) {
    const bytes = this.#signed(file);
    const { version } = file.signed;
    this.#files.set(`/tuf/${version}.${role}.json`, bytes);
    return { version, ...pinOf(bytes) };
  }

  /** In the name of the keys that signed the genuine file, whose private halves the forger does not have. */
  #signed({ signed, signatures }: MetadataJson): Uint8Array {
    signed.version += versionsAhead;
    const sig = Buffer.from(signBytes(this.#key, canonicalBytes(signed, 'a forgery'))).toString('hex');
    const forged = { signed, signatures: signatures.map(({ keyid }) => ({ keyid, sig })) };
    return new Uint8Array(Buffer.from(JSON.stringify(forged)));
  }
}
