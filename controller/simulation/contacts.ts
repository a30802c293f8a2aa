/** When the devices of one place are in contact: stretches with a link and without, drawn as far as somebody asks. */
import type { SimRandom } from '../../platform/simulated/random.ts';
import { drawSilence } from '../planning/contact-history.ts';
import { Alternation, type Stretch } from './alternation.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** How a place comes into contact, as kinds: mean lengths of contacts and of the silences between them. */
export const contactKinds = {
  ship: { upMs: 5 * hourMs, silenceMs: 60 * hourMs },
  vehicle: { upMs: 40 * minuteMs, silenceMs: 7 * hourMs },
  always: { upMs: Number.POSITIVE_INFINITY, silenceMs: 0 },
} as const;

/** One of them. */
export type ContactKind = keyof typeof contactKinds;

/** What is assumed of a place. */
export interface ContactHabit {
  /** How long contacts last, and silences too where none are remembered. */
  readonly kind: ContactKind;
  /** The silences that the controller remembers of it. */
  readonly silences?: string;
  /** Whether it is in contact at the beginning, and since when, in milliseconds since the epoch; drawn where nobody knows. */
  readonly now?: { readonly isUp: boolean; readonly since: number };
  /** For so long from the beginning nobody hears it. */
  readonly darkMs?: number;
}

/** The contacts of one place in one run, from `start` on. Asked in the order of time. */
export class Contacts {
  readonly #habit: ContactHabit;
  readonly #random: SimRandom;
  readonly #turns: Alternation;

  constructor(habit: ContactHabit, random: SimRandom, start: number) {
    this.#habit = habit;
    this.#random = random;
    this.#turns = new Alternation(this.#first(start), (isUp) => (isUp ? this.#up() : this.#silence(0)));
  }

  /** Whether there is a link at `now`, and until when it stays so. */
  at(now: number): Stretch {
    return this.#turns.at(now);
  }

  /** When there is a link, from `now` on. */
  nextUp(now: number): number {
    const { isUp, until } = this.at(now);
    return isUp ? now : until;
  }

  #first(start: number): Stretch {
    const { kind, darkMs, now } = this.#habit;
    if (darkMs !== undefined) return { isUp: false, until: start + darkMs };
    const { upMs, silenceMs } = contactKinds[kind];
    const isUp = now?.isUp ?? (kind === 'always' || this.#random.chance(upMs / (upMs + silenceMs)));
    if (isUp) return { isUp, until: start + this.#up() };
    const elapsed = now === undefined ? 0 : Math.max(0, start - now.since);
    return { isUp, until: start + this.#silence(elapsed) };
  }

  #up(): number {
    const { upMs } = contactKinds[this.#habit.kind];
    return upMs === Number.POSITIVE_INFINITY ? upMs : this.#random.exponential(upMs);
  }

  /** How much longer one lasts that has lasted so long. */
  #silence(elapsedMs: number): number {
    const { kind, silences } = this.#habit;
    const drawn = silences && drawSilence(silences, elapsedMs, this.#random.fraction());
    return drawn || this.#random.exponential(contactKinds[kind].silenceMs);
  }
}
