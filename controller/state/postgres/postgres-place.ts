/** A PostgreSQL database as a place of state, where one controller leads and the others stand by. */
import type { Clock, Log } from '../../../platform/ports.ts';
import type { Leader, StatePlace, Term } from '../leadership.ts';
import { StateError } from '../state-port.ts';
import { lookAtLease, nameWriterOf, takeLease } from './lease.ts';
import { LeasedTerm } from './leased-term.ts';
import { Session } from './session.ts';
import { doAlone, prepareTables } from './tables.ts';

/** Who stands by looks this often whether anybody leads. */
const lookEveryMs = 500;

export interface PostgresPlaceOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly url: string;
  /** What others are told when this controller leads. */
  readonly name: string;
  /** Whether there is anything beside the database of a controller that ran before. */
  readonly wasLed: boolean;
}

function isUnreachable(error: unknown): error is StateError {
  return error instanceof StateError && error.code === 'STATE_UNREACHABLE';
}

class PostgresPlace implements StatePlace {
  readonly wasLed: boolean;
  readonly #options: PostgresPlaceOptions;
  #leader: Leader | undefined;
  #session: Session | undefined;

  constructor(options: PostgresPlaceOptions, session: Session, wasLed: boolean) {
    this.#options = options;
    this.#session = session;
    this.wasLed = wasLed;
  }

  leader(): Leader | undefined {
    return this.#leader;
  }

  async lead(signal: AbortSignal): Promise<Term> {
    const { clock, log, name } = this.#options;
    let told: string | undefined;
    for (;;) {
      const term = await this.#tryToLead();
      if (term !== undefined) {
        log.write('info', 'state.leads', { ...term.leader });
        return term;
      }
      const news = this.#leader === undefined ? 'nobody' : `${this.#leader.name} ${this.#leader.epoch}`;
      if (news !== told) log.write('info', 'state.stands-by', { name, leader: this.#leader?.name });
      told = news;
      await clock.sleep(lookEveryMs, signal);
    }
  }

  /** One try; a database that is away may be back at the next. */
  async #tryToLead(): Promise<Term | undefined> {
    try {
      this.#session ??= await Session.open(this.#options);
      const session = this.#session;
      const { isHeld, ...leader } = await lookAtLease(session);
      this.#leader = isHeld ? leader : undefined;
      if (!isHeld) return await this.#take(session);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      this.#options.log.write('warn', 'state.unreachable', { error: error.message });
      this.#leader = undefined;
      this.#session?.breakOff(error);
      this.#session = undefined;
    }
    return undefined;
  }

  /** Begins a term, unless another was quicker. The lease runs once it is taken, so what may take long is done before. */
  async #take(leasing: Session): Promise<Term | undefined> {
    const { clock, name } = this.#options;
    const writing = await Session.open(this.#options);
    try {
      const askedAt = clock.monotonic();
      const epoch = await takeLease(leasing, name);
      if (epoch !== undefined) {
        await nameWriterOf(writing, epoch);
        this.#leader = { name, epoch };
        this.#session = undefined;
        return new LeasedTerm({ clock, leader: this.#leader, askedAt, leasing, writing });
      }
    } catch (error) {
      await writing.close();
      throw error;
    }
    await writing.close();
    return undefined;
  }

  async alone<T>(work: () => Promise<T>): Promise<T> {
    const session = await Session.open(this.#options);
    try {
      return await doAlone(session, work);
    } finally {
      await session.close();
    }
  }

  async close(): Promise<void> {
    await this.#session?.close();
  }
}

async function openPrepared(options: PostgresPlaceOptions): Promise<StatePlace> {
  const session = await Session.open(options);
  try {
    await prepareTables(session);
    const { epoch } = await lookAtLease(session);
    return new PostgresPlace(options, session, options.wasLed || epoch > 0);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Opens the database and brings its tables up to date; waits while it can't be reached. */
export async function openPostgresPlace(options: PostgresPlaceOptions, signal: AbortSignal): Promise<StatePlace> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await openPrepared(options);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      options.log.write(isTold ? 'debug' : 'warn', 'state.unreachable', { error: error.message });
      await options.clock.sleep(lookEveryMs, signal);
    }
  }
}
