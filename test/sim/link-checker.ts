/**
 * Budgets of links hold: of blobs no device takes more in a day by UTC than its budget is, whatever becomes of its agent, but what an
 * agent had not written down when it ended. For worlds whose clocks are right: a day is the device's own.
 */

const dayMs = 86_400_000;

/** An end of the agent takes back so much of what was counted at most. */
const forgottenBytesMax = 64 * 1024;

/** What one machine took since its day began. */
interface Day {
  readonly number: number;
  bytes: number;
  ends: number;
}

export class LinkChecker {
  readonly #fail: (sentence: string) => void;
  readonly #now: () => number;
  readonly #days = new Map<string, Day>();
  /** Of each device and day; nothing is held to any without. */
  #budgetBytes = Number.POSITIVE_INFINITY;
  /** Days on which a device took most of a budget. */
  fullDays = 0;
  /** Of each blob by its digest, what came of it to all devices together. */
  readonly blobBytes = new Map<string, number>();
  /** How often an agent ended without a word. */
  ends = 0;

  constructor(fail: (sentence: string) => void, now: () => number) {
    this.#fail = fail;
    this.#now = now;
  }

  /** From now on all links have this budget. */
  limit(bytesPerDay: number): void {
    this.#budgetBytes = bytesPerDay;
  }

  #day(machine: string): Day {
    const number = Math.floor(this.#now() / dayMs);
    const known = this.#days.get(machine);
    if (known?.number === number) return known;
    const day = { number, bytes: 0, ends: 0 };
    this.#days.set(machine, day);
    return day;
  }

  /** So much of a blob came to it. */
  took(machine: string, bytes: number, sha256: string): void {
    this.blobBytes.set(sha256, (this.blobBytes.get(sha256) ?? 0) + bytes);
    const day = this.#day(machine);
    const full = this.#budgetBytes / 2;
    if (day.bytes < full && day.bytes + bytes >= full) this.fullDays += 1;
    day.bytes += bytes;
    const most = this.#budgetBytes + day.ends * forgottenBytesMax;
    if (day.bytes > most)
      this.#fail(
        `${machine} took ${day.bytes} bytes in a day over a link of ${this.#budgetBytes}, ended ${day.ends} times`,
      );
  }

  /** Its agent ended without a word. */
  ended(machine: string): void {
    this.ends += 1;
    this.#day(machine).ends += 1;
  }
}
