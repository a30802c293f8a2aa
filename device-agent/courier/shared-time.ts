import type { Clock } from '../../platform/ports.ts';
import type { AgentTime } from '../download/metadata.ts';

/** The agent's time in a process that does not keep it: the supervisor gives the floor, and is told of what raises it. */
export class SharedTime implements AgentTime {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #tell: (signedMs: number, isNow?: true) => void;
  #floorMs = 0;
  #toldMs = 0;

  constructor(clock: Pick<Clock, 'now'>, tell: (signedMs: number, isNow?: true) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  nowMs(): number {
    return Math.max(this.#floorMs, this.#clock.now());
  }

  floorMs(): number {
    return this.#floorMs;
  }

  /** Told also when the clock is past it: tomorrow the clock may be wrong. */
  raise(signedMs: number): void {
    this.adopt(signedMs);
    if (signedMs <= this.#toldMs) return;
    this.#toldMs = signedMs;
    this.#tell(signedMs);
  }

  heard(shoreMs: number): void {
    this.#tell(shoreMs, true);
  }

  /** It is at least this by the supervisor. */
  adopt(floorMs: number): void {
    this.#floorMs = Math.max(this.#floorMs, floorMs);
  }
}
