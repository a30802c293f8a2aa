/**
 * A term under a lease. It is lost, for good, when another epoch began, when its lease could not be renewed in time, and when a
 * connection breaks: nobody knows then whether a commit on the way happened, so what is remembered may be behind.
 */
import type { Clock } from '../../../platform/ports.ts';
import type { Leader, Term } from '../leadership.ts';
import { StateError } from '../state-port.ts';
import { leaseMs, releaseLease, renewLease } from './lease.ts';
import { PostgresState } from './postgres-state.ts';
import type { Session } from './session.ts';

const renewEveryMs = 1_000;

export interface LeasedTermParts {
  readonly clock: Clock;
  readonly leader: Leader;
  /** Monotonic, from before the lease was asked for. */
  readonly askedAt: number;
  /** One for the lease, so that no long commit or load stands before a renewal. */
  readonly leasing: Session;
  readonly writing: Session;
}

export class LeasedTerm implements Term {
  readonly leader: Leader;
  readonly state: PostgresState;
  readonly lost: Promise<StateError>;
  readonly #parts: LeasedTermParts;
  /** Monotonic. It ends no later than the database has it, as it is counted from before the question. */
  #heldUntil: number;
  #isOver = false;
  #timer: Disposable | undefined;
  #tellLost: (error: StateError) => void = () => {};

  constructor(parts: LeasedTermParts) {
    const { leader, leasing, writing, askedAt } = parts;
    this.#parts = parts;
    this.leader = leader;
    this.state = new PostgresState(writing, leader.epoch);
    this.#heldUntil = askedAt + leaseMs;
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve;
    });
    for (const session of [leasing, writing]) void session.broken.then((reason) => this.#lose(reason.message));
    this.#schedule();
  }

  isHeld(): boolean {
    return !this.#isOver && this.#parts.clock.monotonic() < this.#heldUntil;
  }

  #schedule(): void {
    this.#timer = this.#parts.clock.after(renewEveryMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { clock, leasing, leader } = this.#parts;
    const askedAt = clock.monotonic();
    try {
      if (!(await renewLease(leasing, leader.epoch))) return this.#lose('another controller leads');
    } catch (error) {
      return this.#lose(error instanceof Error ? error.message : String(error));
    }
    this.#heldUntil = askedAt + leaseMs;
    if (!this.#isOver) this.#schedule();
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
    const words = `the lease of ${this.leader.name}, epoch ${this.leader.epoch}, is lost: ${reason}`;
    const error = new StateError('STATE_LEASE_LOST', `${words}; nothing is written or said any more under it`);
    this.#tellLost(error);
    for (const session of [this.#parts.leasing, this.#parts.writing]) session.breakOff(error);
  }

  async end(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
    const { leasing, leader } = this.#parts;
    await this.state.close();
    // Else it runs out by itself.
    await releaseLease(leasing, leader.epoch).catch(() => {});
    await leasing.close();
  }
}
