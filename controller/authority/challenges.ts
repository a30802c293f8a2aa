import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../platform/ports.ts';

/** Over a satellite with a full queue a device takes its time to answer. */
const lifeMs = 2 * 60_000;

/** Challenges that were used and are not over yet; who answers them holds keys that git names. */
const spentMax = 50_000;

const secretBytes = 32;
const chanceBytes = 16;
const timeBytes = 8;
const sealBytes = 16;
const bodyBytes = timeBytes + chanceBytes;

/** What challenges are made with. */
export interface ChallengeOptions {
  readonly random: Random;
  /** In milliseconds. */
  readonly monotonic: () => number;
}

/**
 * What devices are asked to sign, each once. Nothing is kept of one that is asked for, however many are: it shows itself when it was made here,
 * and by whom.
 *
 *     made at, 8 bytes · chance, 16 bytes · seal of both, 16 bytes
 */
export class Challenges {
  readonly #options: ChallengeOptions;
  /** Of this process: after a start devices ask anew. */
  readonly #secret: Uint8Array;
  /** When those that were used are over, the one that was used first in front. */
  readonly #spent = new Map<string, number>();

  constructor(options: ChallengeOptions) {
    this.#options = options;
    this.#secret = options.random.bytes(secretBytes);
  }

  /** Another one. */
  make(): string {
    const { random, monotonic } = this.#options;
    const body = Buffer.alloc(bodyBytes);
    body.writeDoubleBE(monotonic());
    body.set(random.bytes(chanceBytes), timeBytes);
    return Buffer.concat([body, this.#seal(body)]).toString('base64url');
  }

  /** Whether it was made here, is not over, and was not used before. */
  counts(challenge: string): boolean {
    const bytes = Buffer.from(challenge, 'base64url');
    if (bytes.length !== bodyBytes + sealBytes || bytes.toString('base64url') !== challenge) return false;
    const body = bytes.subarray(0, bodyBytes);
    if (!timingSafeEqual(this.#seal(body), bytes.subarray(bodyBytes))) return false;
    return body.readDoubleBE() + lifeMs > this.#options.monotonic() && !this.#spent.has(challenge);
  }

  /** Uses one up: false where it does not count, or as many were used as are remembered. */
  spend(challenge: string): boolean {
    const now = this.#options.monotonic();
    this.#forget(now);
    if (!this.counts(challenge) || this.#spent.size >= spentMax) return false;
    this.#spent.set(challenge, now + lifeMs);
    return true;
  }

  #seal(body: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#secret).update(body).digest().subarray(0, sealBytes);
  }

  #forget(now: number): void {
    for (const [challenge, endsAt] of this.#spent) {
      if (endsAt > now) return;
      this.#spent.delete(challenge);
    }
  }
}
