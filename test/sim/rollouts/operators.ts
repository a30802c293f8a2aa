/** People at the rollouts: they say yes, pause, abort and try again; what is asked for is mostly done. */
import type { Engine } from '../../../controller/engine/engine.ts';
import type { Asked } from '../../../controller/planning/rollout/act.ts';
import type { SimRandom } from '../../../platform/simulated/random.ts';

/** Where they work: the engine of this moment. */
export interface Operated {
  readonly engine: Engine;
  /** Fleets that roll out in waves. */
  readonly fleets: readonly string[];
}

export class Operators {
  readonly #random: SimRandom;
  readonly #at: Operated;
  /** What was done, by name. */
  readonly done: Record<string, number> = {};

  constructor(random: SimRandom, at: Operated) {
    this.#random = random;
    this.#at = at;
  }

  /** Yes is said to what asks for it, and what is halted is tried again. */
  yes(): void {
    for (const fleet of this.#at.fleets) {
      const { engine } = this.#at;
      const view = engine.context.rollouts.view(fleet, engine.context.now);
      if (view?.verdict.code === 'NEEDS_APPROVAL') this.#act(fleet, 'approve');
      if (view?.rollout.state === 'paused') this.#act(fleet, 'resume');
      if (view?.rollout.state === 'halted') this.#act(fleet, 'retry');
    }
  }

  /** Who has the place of its group in a wave that comes later than the one that waits for it, where a rollout says that. */
  get keptBy(): string | undefined {
    for (const fleet of this.#at.fleets) {
      const { engine } = this.#at;
      const { code, message = '' } = engine.context.rollouts.view(fleet, engine.context.now)?.verdict ?? {};
      const [, name] = /[ :]([^ ]+) does badly, and its own wave comes later/.exec(message) ?? [];
      if (code === 'NO_EVIDENCE' && name !== undefined) return name;
    }
    return undefined;
  }

  /** Now and then somebody thinks better of it. */
  work(): void {
    if (this.#random.chance(0.6)) return this.yes();
    const act = this.#random.pick(['pause', 'abort', 'retry', 'approve', 'resume'] as const);
    if (act === 'abort' && this.#random.chance(0.8)) return;
    for (const fleet of this.#at.fleets) if (this.#random.chance(0.5)) this.#act(fleet, act, this.#random.chance(0.5));
  }

  /** A disk that is full refuses it. */
  #act(fleet: string, act: Asked['act'], revert = false): void {
    this.done[act] = (this.done[act] ?? 0) + 1;
    this.#at.engine.act(fleet, { act, who: 'ana', why: '', revert }).catch(() => {});
  }
}
