import { openDirectoryDurably, writeFileDurably } from '../../platform/durable-file.ts';
import type { Disk } from '../../platform/ports.ts';
import type { Deployment } from '../../schemas/generated/types.ts';
import { isDeployment } from '../../schemas/generated/validators/deployment.js';
import { sha256Hex } from '../../schemas/sha256.ts';
import { mendIfPossible } from '../storage/mend.ts';
import { readSmallFile } from '../storage/small-file.ts';
import { readIfPossible } from '../storage/unreadable.ts';
import type { Slot } from './state.ts';

/** The ceiling of an envelope's text, as the shadow's blob reference has it. */
export const envelopeBytesMax = 1024 * 1024;

/** The name under which an envelope is kept. */
export function envelopeDigest(envelope: string): string {
  return sha256Hex(envelope);
}

/** A deployment and the envelope that it was taken out of. */
export interface SignedDeployment {
  readonly deployment: Deployment;
  readonly envelope: string;
}

/** The files of an envelope: two copies. */
function fileNames(digest: string): readonly string[] {
  return [`${digest}.json`, `${digest}.copy.json`];
}

/** The deployment inside an envelope that was judged before; undefined when the text is not what was judged. */
function deploymentIn(envelope: string): Deployment | undefined {
  const { payload } = JSON.parse(envelope) as { readonly payload: string };
  const value: unknown = JSON.parse(Buffer.from(payload, 'base64').toString('utf8'));
  return isDeployment(value) ? value : undefined;
}

/**
 * Envelopes of accepted deployments, each twice: without its envelope a deployment can't run, and a flipped bit must not
 * be enough to lose the last good one. Only what still has the digest under which it was accepted is ever read back, so
 * what a signature vouched for once needs no keys to be trusted again.
 */
export class Slots {
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    openDirectoryDurably(disk, directory);
  }

  #readIntact(name: string, digest: string): string | undefined {
    const bytes = readIfPossible(() => readSmallFile(this.#disk, `${this.#directory}/${name}`, envelopeBytesMax));
    if (bytes === undefined) return undefined;
    const text = Buffer.from(bytes).toString('utf8');
    return envelopeDigest(text) === digest ? text : undefined;
  }

  /** Durable when it returns; writes nothing that is there already. */
  keep(slot: Slot, envelope: string): void {
    for (const name of fileNames(slot.envelope)) {
      if (this.#readIntact(name, slot.envelope) !== undefined) continue;
      writeFileDurably(this.#disk, this.#directory, name, Buffer.from(envelope));
    }
  }

  /** The deployment, or undefined when both its files are damaged or gone. */
  load(slot: Slot): Deployment | undefined {
    return this.loadSigned(slot)?.deployment;
  }

  /** The same with its envelope, for whoever judges it again. */
  loadSigned(slot: Slot): SignedDeployment | undefined {
    const texts = fileNames(slot.envelope).map((name) => this.#readIntact(name, slot.envelope));
    const intact = texts.find((text) => text !== undefined);
    if (intact === undefined) return undefined;
    if (texts.includes(undefined)) mendIfPossible(() => this.keep(slot, intact));
    const deployment = deploymentIn(intact);
    return deployment && { deployment, envelope: intact };
  }

  /** The envelope under that digest; undefined when both its files are damaged or gone. */
  envelope(digest: string): string | undefined {
    for (const name of fileNames(digest)) {
      const text = this.#readIntact(name, digest);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  /** Removes every envelope but those of `held`. */
  collect(held: readonly Slot[]): void {
    const kept = new Set(held.flatMap((slot) => fileNames(slot.envelope)));
    for (const name of this.#disk.list(this.#directory)) {
      if (!kept.has(name)) this.#disk.remove(`${this.#directory}/${name}`);
    }
  }
}
