import { mixHash } from '../coding/predictor.ts';
import { hashBytes } from './value-memory.ts';

/**
 * Where code like the latest instructions stood before, in the old module or in what is already decoded: the guess at
 * what comes next where the aligned old function does not tell.
 */
export class RecentCode {
  readonly #bytes: Uint8Array;
  readonly #places: Uint32Array;
  readonly #mask: number;
  /** Hashes of the last three instructions, latest first. */
  last = 0;
  second = 0;
  third = 0;
  /** Where the guess stands; 0 for none. */
  at = 0;
  /** Instructions for which the guess held. */
  held = 0;

  constructor(bytes: Uint8Array, bits: number) {
    this.#bytes = bytes;
    this.#places = new Uint32Array(1 << bits);
    this.#mask = (1 << bits) - 1;
  }

  /** Forgets what came before: a function starts. */
  restart(): void {
    this.last = 0;
    this.second = 0;
    this.third = 0;
    this.at = 0;
    this.held = 0;
  }

  /** Takes in an instruction of the old module. */
  index(start: number, end: number): void {
    this.#shift(start, end);
    this.#places[this.#slot()] = end;
  }

  /** Takes in an instruction just coded, and looks for a new guess where the last one failed. */
  follow(start: number, end: number): void {
    this.#shift(start, end);
    if (this.at > 0 && this.#equal(this.at, start, end)) {
      this.at += end - start;
      this.held++;
    } else {
      this.at = 0;
      this.held = 0;
    }
    const slot = this.#slot();
    if (this.at === 0) {
      const place = this.#places[slot]!;
      if (place > end - start && this.#equal(place - (end - start), start, end)) this.at = place;
    }
    this.#places[slot] = end;
  }

  #shift(start: number, end: number): void {
    this.third = this.second;
    this.second = this.last;
    this.last = hashBytes(this.#bytes, start, end, 0x51ed270b);
  }

  #slot(): number {
    return mixHash(mixHash(this.last, this.second), this.third) & this.#mask;
  }

  #equal(at: number, start: number, end: number): boolean {
    for (let ahead = start; ahead < end; ahead++) if (this.#bytes[at++] !== this.#bytes[ahead]) return false;
    return true;
  }
}
