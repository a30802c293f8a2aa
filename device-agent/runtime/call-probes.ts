import { isObject } from '../../schemas/json-object.ts';
import type { Answered } from './app-runtime.ts';
import { type Fields, isCount } from './message-fields.ts';

/** Asks an application to call a function that it exports, named until it is answered. */
export interface CallAsk {
  readonly kind: 'call';
  readonly id: number;
  readonly application: string;
  readonly function: string;
}

/** What the call gave, or why it gave nothing. */
export interface Called {
  readonly kind: 'called';
  readonly id: number;
  readonly answered: Answered;
}

const unanswered: ReadonlySet<unknown> = new Set<Exclude<Answered, number>>(['busy', 'absent', 'failed', 'late']);

/** A host's answer, rebuilt from its known fields; undefined when it is none. */
export function parseCalled(value: Fields): Called | undefined {
  if (!isObject(value) || !isCount(value.id)) return undefined;
  const { id, answered } = value;
  const isAnswer = unanswered.has(answered) || Number.isSafeInteger(answered);
  return isAnswer ? { kind: 'called', id, answered: answered as Answered } : undefined;
}

/** The supervisor's calls that are under way in hosts; a host is believed about those that it was asked for. */
export class CallProbes {
  /** Tells the host of an application, and gives its key; undefined where there is none. */
  readonly #ask: (ask: CallAsk) => string | undefined;
  readonly #underway = new Map<number, { readonly host: string; readonly settle: (answered: Answered) => void }>();
  #lastId = 0;

  constructor(ask: (ask: CallAsk) => string | undefined) {
    this.#ask = ask;
  }

  call(application: string, name: string): Promise<Answered> {
    this.#lastId += 1;
    const id = this.#lastId;
    const host = this.#ask({ kind: 'call', id, application, function: name });
    if (host === undefined) return Promise.resolve('absent');
    return new Promise((settle) => this.#underway.set(id, { host, settle }));
  }

  called(host: string, { id, answered }: Called): void {
    if (this.#underway.get(id)?.host === host) this.#settle(id, answered);
  }

  /** A host died or is retired, and with it what it was asked. */
  died(host: string): void {
    for (const [id, asked] of [...this.#underway]) if (asked.host === host) this.#settle(id, 'absent');
  }

  #settle(id: number, answered: Answered): void {
    this.#underway.get(id)?.settle(answered);
    this.#underway.delete(id);
  }
}
