import type { LinkedModule } from '../../schemas/generated/types.ts';

/** All delay of a module together, or of a deployment: so much, and what it takes at a pace below that of most links. */
const leastMs = 10 * 60_000;
const bytesPerSecondLeast = 4 * 1024;

/** For how long neighbours hold up so many bytes at most, whatever they say or send, over all attempts. */
function delayMsMax(bytes: number): number {
  return leastMs + (bytes / bytesPerSecondLeast) * 1000;
}

/**
 * How long neighbours have held up the modules of a deployment that could come over the link meanwhile: those that were waited for while somebody fetched them,
 * those that answered slowly, and those that did not give what they say they have.
 */
export class Delays {
  readonly #mostMs: number;
  readonly #byModule: Map<string, number>;

  /** What was counted before, by digest, of a deployment whose modules have so many bytes: infinitely many where none could come. */
  constructor(delayedMs: Readonly<Record<string, number>>, bytes: number) {
    this.#byModule = new Map(Object.entries(delayedMs));
    this.#mostMs = delayMsMax(bytes);
  }

  /** What the next attempt should know. */
  byModule(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#byModule);
  }

  /** Whether a link may carry what they hold up. */
  get isBounded(): boolean {
    return Number.isFinite(this.#mostMs);
  }

  /** What is not bounded is not counted. */
  add(sha256: string, ms: number): void {
    if (this.isBounded) this.#byModule.set(sha256, (this.#byModule.get(sha256) ?? 0) + ms);
  }

  /** Whether nobody is waited for any more with this module. */
  isEnoughOf({ sha256, length }: Pick<LinkedModule, 'sha256' | 'length'>): boolean {
    return (this.#byModule.get(sha256) ?? 0) >= delayMsMax(length);
  }

  /** Whether nobody is asked any more for anything of the deployment. */
  get isEnough(): boolean {
    return [...this.#byModule.values()].reduce((sum, ms) => sum + ms, 0) >= this.#mostMs;
  }
}
