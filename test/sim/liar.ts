/**
 * Somebody who owns the controller's broker and server but none of its offline keys: serves devices what was served before,
 * what has a bit flipped or other modules, and hands them deployments of another day, of another device or of its own making.
 */
import type { BusMessage, HttpHandler, HttpResponse } from '../../platform/ports.ts';
import type { ShadowDesired } from '../../schemas/generated/types.ts';
import { Forger } from './forger.ts';
import type { SimRandom } from './sim-random.ts';
import type { Trace } from './trace.ts';

const rememberedMax = 12;

interface Answer {
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  readonly bytes: Uint8Array;
}

/** Remembers some of what it has seen, the latest most likely. */
class Memory<T> {
  readonly #seen = new Map<string, T[]>();

  add(key: string, value: T): void {
    const list = this.#seen.get(key) ?? [];
    this.#seen.set(key, list);
    list.push(value);
    if (list.length > rememberedMax) list.splice(1, 1);
  }

  pick(key: string, random: SimRandom): T | undefined {
    const list = this.#seen.get(key);
    return list === undefined ? undefined : random.pick(list);
  }
}

async function bytesOf(response: HttpResponse): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

function flipped(bytes: Uint8Array, random: SimRandom): Uint8Array {
  const copy = bytes.slice();
  if (copy.length === 0) return copy;
  const at = random.integer(0, copy.length - 1);
  copy[at] = copy[at]! ^ (1 << random.integer(0, 7));
  return copy;
}

/** What may stand for each other in a lie: versions of one file of metadata, and modules. */
function kindOf(url: string): string | undefined {
  if (url.startsWith('/sha256/')) return 'module';
  return url.startsWith('/tuf/') ? url : undefined;
}

const desiredTopic = /\/get\/accepted$/;

export class Liar {
  readonly #random: SimRandom;
  readonly #trace: Trace;
  readonly #answers = new Memory<Answer>();
  readonly #desired = new Memory<ShadowDesired>();
  readonly #forger: Forger;
  /** How many of its answers and messages are lies. */
  probability = 0;

  constructor(random: SimRandom, trace: Trace) {
    this.#random = random;
    this.#trace = trace;
    this.#forger = new Forger(random.stream('forger'));
  }

  /** The server as this device reaches it. */
  server(device: string, server: HttpHandler | undefined): HttpHandler | undefined {
    if (server === undefined || this.probability === 0) return server;
    return async (request, peer, signal) => {
      const response = await server(request, peer, signal);
      const { status, headers } = response;
      const answer = { status, headers, bytes: await bytesOf(response) };
      const { url } = request;
      const kind = kindOf(url);
      if (kind !== undefined) this.#answers.add(kind, answer);
      if (!this.#random.chance(this.probability)) return { status, headers, body: oneChunk(answer.bytes) };
      const lie = this.#lie(url, answer);
      this.#trace.write('lie', device, `${url} ${lie.status}`);
      return { status: lie.status, headers: lie.headers, body: oneChunk(lie.bytes) };
    };
  }

  #lie(url: string, answer: Answer): Answer {
    if (this.#random.chance(0.1)) return { ...answer, status: 404, bytes: new Uint8Array() };
    if (this.#random.chance(0.1)) return { ...answer, bytes: new Uint8Array() };
    if (this.#random.chance(0.5)) return this.#answers.pick(kindOf(url) ?? '', this.#random) ?? answer;
    return { ...answer, bytes: flipped(answer.bytes, this.#random) };
  }

  /** What it makes of a message to a device. */
  message(device: string, message: BusMessage): BusMessage {
    if (this.probability === 0 || !desiredTopic.test(message.topic)) return message;
    const body = JSON.parse(new TextDecoder().decode(message.payload));
    const desired: ShadowDesired | undefined = body.state?.desired;
    if (desired === undefined) return message;
    this.#desired.add(device, desired);
    this.#desired.add('', desired);
    if (!this.#random.chance(this.probability)) return message;
    const lie = this.#desired.pick(this.#random.chance(0.3) ? '' : device, this.#random);
    this.#trace.write('lie', device, 'desired');
    const text = JSON.stringify({ ...body, state: { ...body.state, desired: this.#distort(lie!, device) } });
    return { ...message, payload: new TextEncoder().encode(text) };
  }

  #distort(desired: ShadowDesired, device: string): unknown {
    if (this.#random.chance(0.4)) return desired;
    if (this.#random.chance(0.5)) return this.#forger.forge(desired, device);
    const text = JSON.stringify(desired);
    const bytes = flipped(new TextEncoder().encode(text), this.#random);
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      return null;
    }
  }
}
