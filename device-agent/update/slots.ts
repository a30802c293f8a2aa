import { createHash } from 'node:crypto';
import type { Disk } from '../../platform/ports.ts';
import type { Deployment } from '../../schemas/generated/types.ts';
import { isDeployment } from '../../schemas/generated/validators.js';
import { makeDurableDirectory, readSmallFile, replaceFile } from '../storage/replace-file.ts';
import type { Slot } from './state.ts';

/** The ceiling of an envelope's text, as the shadow's blob reference has it. */
export const envelopeBytesMax = 1024 * 1024;

/** The name under which an envelope is kept. */
export function envelopeDigest(envelope: string): string {
  return createHash('sha256').update(envelope).digest('hex');
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
    makeDurableDirectory(disk, directory);
  }

  #paths(digest: string): readonly string[] {
    return [`${this.#directory}/${digest}.json`, `${this.#directory}/${digest}.copy.json`];
  }

  #readIntact(path: string, digest: string): string | undefined {
    const bytes = readSmallFile(this.#disk, path, envelopeBytesMax);
    if (bytes === undefined) return undefined;
    const text = Buffer.from(bytes).toString('utf8');
    return envelopeDigest(text) === digest ? text : undefined;
  }

  /** Durable when it returns; writes nothing that is there already. */
  keep(slot: Slot, envelope: string): void {
    for (const path of this.#paths(slot.envelope)) {
      if (this.#readIntact(path, slot.envelope) === undefined) replaceFile(this.#disk, path, Buffer.from(envelope));
    }
  }

  /** The deployment, or undefined when both its files are damaged or gone. */
  load(slot: Slot): Deployment | undefined {
    const texts = this.#paths(slot.envelope).map((path) => this.#readIntact(path, slot.envelope));
    const intact = texts.find((text) => text !== undefined);
    if (intact === undefined) return undefined;
    if (texts.includes(undefined)) this.keep(slot, intact);
    return deploymentIn(intact);
  }

  /** Removes every envelope but those of `held`. */
  collect(held: readonly Slot[]): void {
    const kept = new Set(held.flatMap((slot) => this.#paths(slot.envelope)));
    for (const name of this.#disk.list(this.#directory)) {
      const path = `${this.#directory}/${name}`;
      if (!kept.has(path)) this.#disk.remove(path);
    }
  }
}
