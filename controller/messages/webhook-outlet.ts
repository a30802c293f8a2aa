import { type Clock, type HttpResponse, type Network, NetworkError } from '../../platform/ports.ts';
import { callMsMax, callsAtOnceMax } from './limits.ts';
import { lineOf, type ShoreMessage } from './message.ts';
import { type ChannelPattern, isNamed, type Outlet, OutletError } from './outlet.ts';
import { webhookHeaders } from './webhook-signature.ts';

/** What it stands on. */
export interface WebhookOutletParts {
  readonly network: Network;
  readonly clock: Clock;
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: string;
  readonly only?: readonly ChannelPattern[];
}

/** Answers that are about what was sent; all others are about who sent it, or about the receiver. */
const aboutContent = new Set([400, 413, 415, 422]);
/** Of an answer that is read, so that its connection may serve again. */
const answerBytesMax = 65_536;

async function readAway({ body }: HttpResponse): Promise<void> {
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > answerBytesMax) return;
  }
}

/** Posts messages as NDJSON, those of one channel in one call; the receiver has them when it answers 2xx. */
export class WebhookOutlet implements Outlet {
  readonly name = 'webhook';
  readonly #parts: WebhookOutletParts;
  #calls = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(parts: WebhookOutletParts) {
    this.#parts = parts;
  }

  takes(application: string, channel: string): boolean {
    return isNamed(this.#parts.only, application, channel);
  }

  async give(messages: readonly ShoreMessage[]): Promise<void> {
    if (this.#calls >= callsAtOnceMax) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#calls += 1;
    try {
      await this.#call(messages);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#calls -= 1;
      else next();
    }
  }

  async #call(messages: readonly ShoreMessage[]): Promise<void> {
    const { network, clock, url, secret } = this.#parts;
    const { device, application, channel, id } = messages[0]!;
    const text = messages.map(lineOf).join('');
    const callId = `${device}.${application}.${channel}.${id}.${messages.length}`;
    const headers = { 'content-type': 'application/x-ndjson', ...webhookHeaders(secret, callId, clock.now(), text) };
    const ending = new AbortController();
    using _timer = clock.after(callMsMax, () => ending.abort());
    const body = Buffer.from(text);
    const length = { 'content-length': String(body.length) };
    const request = { method: 'POST', url, headers: { ...headers, ...length }, body } as const;
    let status: number;
    try {
      const response = await network.request(request, ending.signal);
      ({ status } = response);
      await readAway(response);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      const detail = error.code === 'ABORTED' ? `no answer within ${callMsMax / 1000} s` : error.message;
      throw new OutletError('WEBHOOK_UNREACHABLE', detail);
    } finally {
      ending.abort();
    }
    if (status < 200 || status > 299) {
      throw new OutletError('WEBHOOK_REFUSES', `it answers ${status}`, aboutContent.has(status));
    }
  }
}
