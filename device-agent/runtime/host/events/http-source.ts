import { FileError } from '../../../../platform/file-handles.ts';
import { cgiEnvironment, cgiResponse } from '../../http/cgi.ts';
import { type Answer, type Ask, answerBytesMax, type HttpAnswer } from '../../http/messages.ts';
import { inputOf, outputTo } from '../../primitives/streams.ts';
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

/** What an instance printed, as the answer to the request it was started for. */
function answerOf(end: RunEnd | undefined, printed: readonly Uint8Array[]): HttpAnswer {
  if (end === undefined) return { kind: 'absent' };
  if (end.kind === 'exhausted') return { kind: 'late' };
  if (failureOf(end) !== undefined) return { kind: 'failed' };
  return cgiResponse(Buffer.concat(printed)) ?? { kind: 'failed' };
}

/** Each request: its body is the input, what is printed the answer. Those beyond the queue are answered that it is busy. */
export class HttpSource implements EventSource {
  readonly #asks: Asks;
  readonly #queueMax: number;
  readonly #onEvent: () => void;
  readonly #onNoResponse: () => void;
  readonly #open: Disposable;
  readonly #waiting: Ask[] = [];
  #dropped = 0;

  /** `onNoResponse` is called when a program ended well and printed no response. */
  constructor(asks: Asks, application: string, queueMax: number, onEvent: () => void, onNoResponse: () => void) {
    this.#asks = asks;
    this.#queueMax = queueMax;
    this.#onEvent = onEvent;
    this.#onNoResponse = onNoResponse;
    this.#open = asks.open(application, (ask) => this.#add(ask));
  }

  take(): HostEvent | undefined {
    const asked = this.#waiting.shift();
    if (asked === undefined) return undefined;
    const printed: Uint8Array[] = [];
    let bytes = 0;
    const print = (part: Uint8Array): void => {
      bytes += part.length;
      if (bytes > answerBytesMax)
        throw new FileError('file-too-large', `an answer of more than ${answerBytesMax} bytes`);
      printed.push(part.slice());
    };
    return {
      stdin: inputOf(Buffer.from(asked.ask.body, 'base64')),
      stdout: outputTo(print),
      environment: cgiEnvironment(asked.ask),
      finish: (end) => {
        const answer = answerOf(end, printed);
        if (answer.kind === 'failed' && end !== undefined && failureOf(end) === undefined) this.#onNoResponse();
        this.#asks.answer(asked, answer);
      },
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
