/** What becomes of one fleet in a run, taken down as it happens. */
import type { Rollout } from '../planning/rollout/rollout.ts';
import type { FleetRun, WaveRun } from './simulation.ts';
import { type Wait, Waits } from './waits.ts';

/** A fleet of which devices change. */
export interface WatchedFleet {
  readonly fleet: string;
  /** Names of its waves; none where the change goes to all at once. */
  readonly waves: readonly string[];
  readonly startMs: number;
  readonly devices: number;
}

export class FleetWatch {
  readonly #watched: WatchedFleet;
  readonly #starts: (number | undefined)[] = [];
  readonly #ends: (number | undefined)[] = [];
  readonly #updated = new Map<string, number>();
  readonly #failed = new Set<string>();
  readonly #waits = new Waits();
  #rollout: Rollout | undefined;
  /** Waves that had passed when it was seen first. */
  #past = 0;

  constructor(watched: WatchedFleet) {
    this.#watched = watched;
  }

  get fleet(): string {
    return this.#watched.fleet;
  }

  /** The rollout is as it is. */
  see(rollout: Rollout, now: number): void {
    if (rollout === this.#rollout) return;
    const { startMs } = this.#watched;
    if (this.#rollout === undefined && rollout.startedAt < startMs) this.#past = rollout.wave;
    this.#rollout = rollout;
    while (this.#starts.length < this.#past) this.#starts.push(undefined);
    for (let wave = this.#starts.length; wave <= rollout.wave; wave += 1) {
      this.#starts.push(rollout.waveStartedAt - startMs);
      if (wave > this.#past) this.#ends[wave - 1] = rollout.waveStartedAt - startMs;
    }
    // A wave that waits for a yes starts with it.
    if (rollout.state === 'running') this.#starts[rollout.wave] = rollout.waveStartedAt - startMs;
    if (rollout.state === 'done') this.#ends[rollout.wave] ??= now - startMs;
  }

  /** The shore knows that a device that was to change runs it, or gave it up. */
  told(device: string, isRunning: boolean, now: number): void {
    if (isRunning) this.#updated.set(device, now - this.#watched.startMs);
    else this.#failed.add(device);
  }

  /** A device that is to change waits for this from now on, or for nothing. */
  waits(device: string, wait: Wait | undefined, now: number): void {
    this.#waits.wait(device, wait, now);
  }

  /** The shore knows that it runs something else again. */
  wentBack(device: string): void {
    this.#updated.delete(device);
  }

  /** Whether its rollout, if it has one, goes on by itself no more. */
  get isOver(): boolean {
    const state = this.#rollout?.state ?? 'done';
    return state === 'done' || state === 'halted' || state === 'paused';
  }

  get #outcome(): FleetRun['outcome'] {
    const state = this.#rollout?.state;
    if (state === 'halted' || state === 'reverting') return 'halted';
    const isDone = state === 'done' || (state === undefined && this.#updated.size === this.#watched.devices);
    return isDone ? 'done' : 'under-way';
  }

  /** What became of it by now. */
  run(now: number): FleetRun {
    const { fleet, waves, devices } = this.#watched;
    const outcome = this.#outcome;
    const isWhole = this.#updated.size === devices;
    return {
      ...{ fleet, outcome, devices, updated: this.#updated.size, failed: this.#failed.size },
      ...(outcome === 'halted' && { reason: this.#rollout!.reason.message }),
      waves: waves.map((wave, at): WaveRun => {
        const [startMs, endMs] = [this.#starts[at], this.#ends[at]];
        if (at < this.#past) return { wave, isPast: true };
        return { wave, ...(startMs !== undefined && { startMs }), ...(endMs !== undefined && { endMs }) };
      }),
      ...(isWhole && { allMs: Math.max(0, ...this.#updated.values()) }),
      waits: this.#waits.run(now),
    };
  }
}
