import { isObject } from '../../schemas/json-object.ts';

type Members = Readonly<Record<string, unknown>>;

/** What came of a request to the shadow service. */
export type ShadowAnswer =
  | { readonly kind: 'accepted'; readonly body: Members }
  | { readonly kind: 'rejected'; readonly code: number }
  /** The session ended before. */
  | { readonly kind: 'lost' };

/** What a request has in it that its answer repeats: a token, or the sum of a brief report. */
export type RequestMark = string | number;

function bodyOf(payload: Uint8Array): Members | undefined {
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(payload));
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function answerOf(how: 'accepted' | 'rejected', body: Members): ShadowAnswer {
  if (how === 'accepted') return { kind: how, body };
  return { kind: how, code: typeof body.code === 'number' ? body.code : 0 };
}

/** Requests of one session that are on their way; each answer finds its own by what it repeats. */
export class ShadowAnswers {
  readonly #waiting = new Map<RequestMark, (answer: ShadowAnswer) => void>();
  #isOver = false;

  /** The answer to the request with this mark, whenever it comes. */
  to(mark: RequestMark): Promise<ShadowAnswer> {
    if (this.#isOver) return Promise.resolve({ kind: 'lost' });
    return new Promise((resolve) => this.#waiting.set(mark, resolve));
  }

  /** Nobody waits for that answer any more. */
  forget(mark: RequestMark): void {
    this.#waiting.delete(mark);
  }

  /** An answer arrived; one that is no answer, or nobody's, is dropped. */
  heard(how: 'accepted' | 'rejected', payload: Uint8Array): void {
    const body = bodyOf(payload);
    const mark = body?.clientToken ?? body?.report;
    if (body === undefined || (typeof mark !== 'string' && typeof mark !== 'number')) return;
    this.#waiting.get(mark)?.(answerOf(how, body));
    this.#waiting.delete(mark);
  }

  /** The session is over: nothing is answered any more. */
  close(): void {
    this.#isOver = true;
    for (const resolve of this.#waiting.values()) resolve({ kind: 'lost' });
    this.#waiting.clear();
  }
}
