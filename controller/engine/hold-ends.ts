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
  /** Until it is looked again, and for whose end: this is noted for every device that is thought over, most of which are not held. */
  #timer: { readonly endsAt: number; readonly handle: Disposable } | undefined;

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
    this.#timer?.handle[Symbol.dispose]();
    this.#timer = undefined;
  }

  #arm(): void {
    const { nextAt } = this.#due;
    if (nextAt === this.#timer?.endsAt) return;
    this.stop();
    if (nextAt === undefined) return;
    const delayMs = Math.min(lookMs, Math.max(0, nextAt - this.#clock.now()));
    this.#timer = { endsAt: nextAt, handle: this.#clock.after(delayMs, () => this.#look()) };
  }

  #look(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const ended: string[] = [];
    for (let name = this.#due.take(now); name !== undefined; name = this.#due.take(now)) ended.push(name);
    if (ended.length > 0) this.#consider(ended);
    this.#arm();
  }
}
