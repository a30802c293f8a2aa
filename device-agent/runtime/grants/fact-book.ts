import type { Clock } from '../../../platform/ports.ts';
import type { FactReport } from '../../../schemas/generated/types.ts';
import type { FactValue } from './fact-value.ts';

/** Facts may change all the time; that some did is told this often at most. */
const toldEveryMs = 1_000;

/** The last value of each fact that applications of this process have published, and when that was. */
export class FactBook {
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #onChange: () => void;
  readonly #facts = new Map<string, Map<string, FactReport>>();
  #isDue = false;

  constructor(clock: Pick<Clock, 'now' | 'after'>, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  publish(application: string, name: string, value: FactValue): void {
    const facts = this.#facts.get(application) ?? new Map<string, FactReport>();
    this.#facts.set(application, facts.set(name, { value, at: new Date(this.#clock.now()).toISOString() }));
    if (this.#isDue) return;
    this.#isDue = true;
    this.#clock.after(toldEveryMs, () => {
      this.#isDue = false;
      this.#onChange();
    });
  }

  /** By name, as reports have them; undefined when none was published. */
  of(application: string): Readonly<Record<string, FactReport>> | undefined {
    const facts = this.#facts.get(application);
    return facts && Object.fromEntries(facts);
  }

  forget(application: string): void {
    this.#facts.delete(application);
  }
}
