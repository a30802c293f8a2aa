import type { Clock } from '../../platform/ports.ts';
import type { ApplicationReport, Waiting } from '../../schemas/generated/types.ts';

/** What changes so often within this time flaps, until it has been quieter for as long. */
const flipsMin = 12;
const withinMs = 3_600_000;

/** One thing that may flap: how it is, and when it became otherwise last, on the monotonic clock, oldest first. */
interface Watched {
  readonly value: string;
  readonly flipsMs: readonly number[];
}

const moment = 'moment';

function healthOf({ state, exitCode }: ApplicationReport): string {
  // One that ends well and is started again does what it should.
  const isIll = state === 'failed' || (state === 'backoff' && exitCode !== 0);
  return isIll ? 'ill' : 'well';
}

/** Sees which applications go from well to ill and back again and again, and whether what is waited for does. */
export class Flaps {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #watched: ReadonlyMap<string, Watched> = new Map();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Looks at all that may flap; to be called whenever some of it may have changed. */
  look(applications: readonly ApplicationReport[], waiting: Waiting | undefined): void {
    const nowMs = this.#clock.monotonic();
    const values = new Map(applications.map((one) => [`application ${one.name}`, healthOf(one)]));
    values.set(moment, waiting === undefined ? '' : `${waiting.to} ${waiting.message}`);
    this.#watched = new Map([...values].map(([name, value]) => [name, this.#seen(name, value, nowMs)]));
  }

  #seen(name: string, value: string, nowMs: number): Watched {
    const before = this.#watched.get(name);
    if (before === undefined) return { value, flipsMs: [] };
    if (before.value === value) return before;
    return { value, flipsMs: [...before.flipsMs, nowMs].slice(-flipsMin) };
  }

  #isFlapping(name: string): boolean {
    const flipsMs = this.#watched.get(name)?.flipsMs ?? [];
    return flipsMs.length === flipsMin && this.#clock.monotonic() - flipsMs[0]! <= withinMs;
  }

  /** An application as it is reported. */
  application(report: ApplicationReport): ApplicationReport {
    return this.#isFlapping(`application ${report.name}`) ? { ...report, flapping: true } : report;
  }

  /** What is waited for, as it is reported. */
  waiting(waiting: Waiting | undefined): Waiting | undefined {
    return waiting !== undefined && this.#isFlapping(moment) ? { ...waiting, flapping: true } : waiting;
  }
}
