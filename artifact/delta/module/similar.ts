import { mixHash } from '../coding/predictor.ts';
import type { Bodies } from './code-codec.ts';
import { OldBody } from './old-body.ts';

const holdersMax = 24;

/** Finds old functions that a new one looks like, by short runs of opcodes that both have. */
export class SimilarBodies {
  readonly #holders = new Map<number, number[]>();
  readonly #sizes: Float64Array;
  readonly #body: OldBody;

  constructor(bytes: Uint8Array, bodies: Bodies) {
    this.#body = new OldBody(bytes);
    this.#sizes = new Float64Array(bodies.count);
    for (let index = 0; index < bodies.count; index++) {
      const features = this.#features(bodies.starts[index]!, bodies.ends[index]!);
      this.#sizes[index] = features.size;
      for (const feature of features) {
        const holders = this.#holders.get(feature);
        if (holders === undefined) this.#holders.set(feature, [index]);
        else if (holders.length < holdersMax) holders.push(index);
      }
    }
  }

  /** The old body most like the one between `start` and `end`, −1 where none is like it; `favoured` wins when close. */
  nearest(start: number, end: number, favoured: number): number {
    const features = this.#features(start, end);
    const votes = new Map<number, number>();
    for (const feature of features) {
      for (const holder of this.#holders.get(feature) ?? []) votes.set(holder, (votes.get(holder) ?? 0) + 1);
    }
    let best = -1;
    let bestScore = 0.05;
    for (const [index, shared] of votes) {
      const score =
        shared / (features.size + 0.25 * this.#sizes[index]! - 0.25 * shared) + (index === favoured ? 0.15 : 0);
      if (score > bestScore || (score === bestScore && index < best)) {
        best = index;
        bestScore = score;
      }
    }
    return best;
  }

  #features(start: number, end: number): Set<number> {
    this.#body.read(start, end);
    const { total, opcodes, starts } = this.#body;
    const features = new Set<number>();
    const thin = total > 400 ? 3 : 0;
    for (let at = 0; at < total; at++) {
      let hash = 17;
      for (let ahead = 0; ahead < 4; ahead++) hash = mixHash(hash, at + ahead < total ? opcodes[at + ahead]! : 0);
      // Constants and offsets say more than opcodes, and mostly stay.
      const opcode = opcodes[at]!;
      if (opcode === 0x41 || (opcode >= 0x28 && opcode <= 0x3e))
        hash = mixHash(hash, this.#body.bytes[starts[at + 1]! - 1]!);
      if ((hash & thin) === 0) features.add(hash);
    }
    return features;
  }
}
