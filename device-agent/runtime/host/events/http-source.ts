import type { OutputStream } from '../../../../platform/streams.ts';
import { cgiEnvironment, cgiResponse } from '../../http/cgi.ts';
import { type Answer, type Ask, answerBytesMax, type HttpAnswer } from '../../http/messages.ts';
import { Gathered } from '../../primitives/gathered.ts';
import { inputOf } from '../../primitives/streams.ts';
import { failureOf, type RunEnd } from '../../run-end.ts';
import type { EventSource, HostEvent } from './event-source.ts';

/** Requests for the applications of this process. */
export class Asks {
  readonly #say: (answer: Answer) => void;
  readonly #takers = new Map<string, (ask: Ask) => void>();

  constructor(say: (answer: Answer) => void) {
    this.#say = say;
  }

  /** From now on an application takes requests; disposed of, it takes none. */
  open(application: string, take: (ask: Ask) => void): Disposable {
    this.#takers.set(application, take);
    return { [Symbol.dispose]: () => void this.#takers.delete(application) };
  }

  /** Whether its application takes requests now. */
  isTaken({ application }: Ask): boolean {
    return this.#takers.has(application);
  }

  take(ask: Ask): void {
    const taker = this.#takers.get(ask.application);
    if (taker === undefined) this.answer(ask, { kind: 'absent' });
    else taker(ask);
  }

  answer({ id }: Ask, answer: HttpAnswer): void {
    this.#say({ kind: 'answer', id, answer });
  }
}

/** What is wrong with what a program printed that ended well, for its developer. */
const complaints = {
  none: 'it printed no response: a header such as "Content-Type: text/plain", an empty line, the body',
  long: `it printed more than the ${answerBytesMax} bytes that an answer may have`,
} as const;

/** What an instance prints, as the answer to the request it was started for. */
class PrintedAnswer {
  readonly #printed = new Gathered('an answer', answerBytesMax);

  get stream(): OutputStream {
    return this.#printed.stream;
  }

  /** Part of an answer is none, whatever the program makes of being told so; `complain` is called where it ended well. */
  at(end: RunEnd | undefined, complain: (text: string) => void): HttpAnswer {
    if (end === undefined) return { kind: 'absent' };
    if (end.kind === 'exhausted') return { kind: 'late' };
    if (failureOf(end) !== undefined) return { kind: 'failed' };
    const { isTooLong } = this.#printed;
    const response = isTooLong ? undefined : cgiResponse(this.#printed.contents());
    if (response === undefined) complain(complaints[isTooLong ? 'long' : 'none']);
    return response ?? { kind: 'failed' };
  }
}

/** Each request: its body is the input, what is printed the answer. Those beyond the queue are answered that it is busy. */
export class HttpSource implements EventSource {
  readonly #asks: Asks;
  readonly #queueMax: number;
  readonly #onEvent: () => void;
  readonly #complain: (text: string) => void;
  readonly #open: Disposable;
  readonly #waiting: Ask[] = [];
  #dropped = 0;

  /** `complain` is called when a program ended well and printed no response. */
  constructor(
    asks: Asks,
    application: string,
    queueMax: number,
    onEvent: () => void,
    complain: (text: string) => void,
  ) {
    this.#asks = asks;
    this.#queueMax = queueMax;
    this.#onEvent = onEvent;
    this.#complain = complain;
    this.#open = asks.open(application, (ask) => this.#add(ask));
  }

  take(): HostEvent | undefined {
    const asked = this.#waiting.shift();
    if (asked === undefined) return undefined;
    const printed = new PrintedAnswer();
    return {
      stdin: inputOf(Buffer.from(asked.ask.body, 'base64')),
      stdout: printed.stream,
      environment: cgiEnvironment(asked.ask),
      finish: (end) => this.#asks.answer(asked, printed.at(end, this.#complain)),
    };
  }

  counts() {
    return { waiting: this.#waiting.length, dropped: this.#dropped };
  }

  [Symbol.dispose](): void {
    this.#open[Symbol.dispose]();
    for (const ask of this.#waiting.splice(0)) this.#asks.answer(ask, { kind: 'absent' });
  }

  /** An instance that is free takes it at once: it waits only where there is none. */
  #add(ask: Ask): void {
    this.#waiting.push(ask);
    this.#onEvent();
    if (this.#waiting.length <= this.#queueMax) return;
    this.#waiting.pop();
    this.#dropped += 1;
    this.#asks.answer(ask, { kind: 'busy' });
  }
}
