import { BatchError, type BatchPart, partBytesMax, partsMax } from '../../../schemas/message-batch.ts';

/** Of batches of which not all parts are there yet, all devices together: what began first is forgotten for what comes. */
const bytesMax = 64 * 2 ** 20;

interface Begun {
  readonly batch: number;
  readonly parts: number;
  readonly pieces: Uint8Array[];
}

/** Puts the parts of batches together, one batch of each device at a time. */
export class BatchAssembly {
  readonly #begun = new Map<string, Begun>();

  /** Batches of which parts are missing. */
  get size(): number {
    return this.#begun.size;
  }

  /** The packed batch where this was its last part; throws a `BatchError` where another part was to come. */
  add(device: string, { batch, part, parts, bytes }: BatchPart): Uint8Array | undefined {
    const begun = part === 0 ? this.#begin(device, batch, parts) : this.#begun.get(device);
    if (begun?.batch !== batch || begun.parts !== parts || begun.pieces.length < part) {
      this.#begun.delete(device);
      throw new BatchError(`has part ${part} of ${parts}, and what is before it did not come`);
    }
    // A broker may deliver a part twice.
    if (begun.pieces.length > part) return undefined;
    begun.pieces.push(bytes.slice());
    if (begun.pieces.length < parts) return undefined;
    this.#begun.delete(device);
    return Buffer.concat(begun.pieces);
  }

  #begin(device: string, batch: number, parts: number): Begun {
    // Whatever began before: an agent that was started again counts its batches anew.
    const begun: Begun = { batch, parts, pieces: [] };
    this.#begun.delete(device);
    this.#begun.set(device, begun);
    // Each may grow to its largest: room is counted as if it had.
    if (this.#begun.size > bytesMax / (partsMax * partBytesMax)) {
      this.#begun.delete(this.#begun.keys().next().value!);
    }
    return begun;
  }
}
