import { inTime } from '../../platform/in-time.ts';
import type { Clock, Log } from '../../platform/ports.ts';
import type { OutletStatus } from '../../schemas/generated/types.ts';
import { giveMsMax, pauseMsMax, pauseMsMin } from './limits.ts';
import type { ShoreMessage } from './message.ts';
import { type Outlet, OutletError } from './outlet.ts';

/** What it stands on. */
export interface WatchedOutletPorts {
  readonly clock: Clock;
  readonly log: Log;
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

function failureOf(error: unknown): Failure {
  if (error instanceof OutletError) return { code: error.code, message: error.message };
  return { code: 'OUTLET_FAILED', message: error instanceof Error ? error.message : String(error) };
}

/** An outlet that is left alone for a while after it failed, answers in time, and of which the operator is told. */
export class WatchedOutlet {
  readonly #outlet: Outlet;
  readonly #ports: WatchedOutletPorts;
  #failure: Failure | undefined;
  #sinceMs: number;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #pauseMs = pauseMsMin;

  constructor(outlet: Outlet, ports: WatchedOutletPorts) {
    this.#outlet = outlet;
    this.#ports = ports;
    this.#sinceMs = ports.clock.now();
  }

  get name(): string {
    return this.#outlet.name;
  }

  takes(application: string, channel: string): boolean {
    return this.#outlet.takes(application, channel);
  }

  status(): OutletStatus {
    const since = new Date(this.#sinceMs).toISOString();
    const state = this.#failure === undefined ? 'open' : 'failing';
    return { name: this.name, state, since, ...this.#failure };
  }

  /** As the outlet's; rejects at once while it is left alone. */
  async give(messages: readonly ShoreMessage[]): Promise<void> {
    const { clock } = this.#ports;
    if (this.#failure !== undefined && clock.monotonic() < this.#notBeforeMs) {
      throw new OutletError(this.#failure.code, this.#failure.message);
    }
    try {
      const late = () => new OutletError('OUTLET_SILENT', `${this.name} has not answered for ${giveMsMax / 1000} s`);
      await inTime(clock, giveMsMax, late, this.#outlet.give(messages));
    } catch (error) {
      if (!(error instanceof OutletError && error.isAboutContent)) this.#failed(failureOf(error));
      throw error;
    }
    this.#took();
  }

  #failed(failure: Failure): void {
    const { clock, log } = this.#ports;
    if (this.#failure === undefined) this.#sinceMs = clock.now();
    if (this.#failure?.code !== failure.code) {
      log.write('warn', 'outlet.failing', { outlet: this.name, code: failure.code, reason: failure.message });
    }
    this.#failure = failure;
    // What was under way together fails together: one pause for all of it.
    if (clock.monotonic() < this.#notBeforeMs) return;
    this.#notBeforeMs = clock.monotonic() + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, pauseMsMax);
  }

  #took(): void {
    this.#pauseMs = pauseMsMin;
    if (this.#failure === undefined) return;
    const { clock, log } = this.#ports;
    this.#failure = undefined;
    this.#sinceMs = clock.now();
    log.write('info', 'outlet.takes-again', { outlet: this.name });
  }
}
