import type { Clock } from '../../platform/ports.ts';
import type { DesiredDevice } from '../manifests/desired.ts';
import { holdEndsAt } from '../planning/hold.ts';
import { DueQueue } from './due-queue.ts';

/** The wall clock may be set meanwhile. */
const lookMs = 15 * 60_000;

/** Has devices thought over when what holds them ends. */
export class HoldEnds {
  readonly #clock: Clock;
  readonly #consider: (devices: readonly string[]) => void;
  /** By the wall clock. */
  readonly #due = new DueQueue();
  #timer: Disposable | undefined;

  constructor(clock: Clock, consider: (devices: readonly string[]) => void) {
    this.#clock = clock;
    this.#consider = consider;
  }

  /** The device was thought over with this hold, or with none. */
  note(device: string, desired: Pick<DesiredDevice, 'hold'> | undefined): void {
    const endsAt = desired && holdEndsAt(desired);
    if (endsAt === undefined || endsAt <= this.#clock.now()) this.#due.cancel(device);
    else this.#due.schedule(device, endsAt);
    this.#arm();
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #arm(): void {
    this.stop();
    const { nextAt } = this.#due;
    if (nextAt === undefined) return;
    const delayMs = Math.min(lookMs, Math.max(0, nextAt - this.#clock.now()));
    this.#timer = this.#clock.after(delayMs, () => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    const ended: string[] = [];
    for (let name = this.#due.take(now); name !== undefined; name = this.#due.take(now)) ended.push(name);
    if (ended.length > 0) this.#consider(ended);
    this.#arm();
  }
}
