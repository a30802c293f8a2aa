import type { DeployedLink } from '../../schemas/generated/types.ts';
import { FactAges } from './fact-ages.ts';
import { type Senses, seenFact } from './senses.ts';

/** Whoever asks is asked for each packet. */
const lookMs = 2_000;

type Answer = 'yes' | 'no' | 'unknown';

interface Looked {
  readonly link: DeployedLink;
  readonly answer: Answer;
  readonly atMs: number;
}

/** Whether links are there, by the facts that tell them. What was seen counts for two seconds. */
export class LinkFacts {
  readonly #senses: Senses;
  readonly #ages = new FactAges();
  readonly #looked = new Map<string, Looked>();

  constructor(senses: Senses) {
    this.#senses = senses;
  }

  /** Unknown where the fact is missing, or too old to say anything. */
  isThere(link: DeployedLink): Answer {
    if (link.fact === undefined) return 'yes';
    const nowMs = this.#senses.monotonicMs();
    const before = this.#looked.get(link.name);
    if (before?.link === link && nowMs - before.atMs < lookMs) return before.answer;
    const answer = this.#look(link.fact);
    this.#looked.set(link.name, { link, answer, atMs: nowMs });
    return answer;
  }

  #look({ name, is, maxAgeSeconds }: NonNullable<DeployedLink['fact']>): Answer {
    const type = typeof is as 'number' | 'boolean' | 'string';
    const seen = seenFact(name, { type, maxAgeSeconds }, this.#senses, this.#ages);
    this.#ages.looked(this.#senses);
    if (seen.kind !== 'known') return 'unknown';
    return seen.value === is ? 'yes' : 'no';
  }
}
