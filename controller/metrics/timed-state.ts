/** The state, with a watch on how long it takes to write. */
import type { Clock } from '../../platform/ports.ts';
import { StateError, type StatePort, type StateRow, type StateWrite } from '../state/state-port.ts';
import { Histogram } from './histogram.ts';

const boundsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export class TimedState implements StatePort {
  /** Of each commit that succeeded. */
  readonly commitSeconds = new Histogram(boundsSeconds);
  /** Commits that failed, by code. */
  readonly failures = new Map<string, number>();
  readonly #state: StatePort;
  readonly #clock: Pick<Clock, 'monotonic'>;

  constructor(state: StatePort, clock: Pick<Clock, 'monotonic'>) {
    this.#state = state;
    this.#clock = clock;
  }

  get lost(): string | undefined {
    return this.#state.lost;
  }

  load(take: (row: StateRow) => Promise<void> | undefined): Promise<void> {
    return this.#state.load(take);
  }

  read(...keys: Parameters<StatePort['read']>): ReturnType<StatePort['read']> {
    return this.#state.read(...keys);
  }

  async commit(writes: readonly StateWrite[]): Promise<void> {
    const begunAt = this.#clock.monotonic();
    try {
      await this.#state.commit(writes);
    } catch (error) {
      const code = error instanceof StateError ? error.code : 'UNEXPECTED';
      this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
      throw error;
    }
    this.commitSeconds.observe((this.#clock.monotonic() - begunAt) / 1000);
  }

  close(): Promise<void> {
    return this.#state.close();
  }
}
