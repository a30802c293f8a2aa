/** What happened in a simulated world, in order: counted, digested so that two runs can be compared, and its end kept. */
import { createHash } from 'node:crypto';

const keptMax = 400;

export class Trace {
  readonly #hash = createHash('sha256');
  readonly #kept: string[] = [];
  readonly #counts = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `what` is counted; `who` and `detail` are for people and for the digest. */
  write(what: string, who: string, detail = ''): void {
    const line = `${new Date(this.#now()).toISOString()} ${what} ${who} ${detail}`;
    this.#hash.update(`${line}\n`);
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
    this.#kept.push(line);
    if (this.#kept.length > 2 * keptMax) this.#kept.splice(0, keptMax);
  }

  count(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** The last lines. */
  get end(): readonly string[] {
    return this.#kept.slice(-keptMax);
  }

  /** Of all that was written so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
