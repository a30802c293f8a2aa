/**
 * Somebody who owns the controller's broker and server but none of the keys: serves devices what was served before, what has
 * a bit flipped, other modules or metadata of its own making, and hands them deployments of another day, of another device
 * or of its own making.
 */

import { privateKeyFromSeed } from '../../artifact/trust/keys.ts';
import type { BusMessage, HttpHandler, HttpResponse } from '../../platform/ports.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import type { ShadowDesired } from '../../schemas/generated/types.ts';
import { Forger } from './forger.ts';
import { type FetchGenuine, MetadataForger } from './metadata-forger.ts';
import type { Trace } from './trace.ts';

const rememberedMax = 12;

/** The part of its lies about the timestamp that is forged. */
const forgedTimestamps = 0.5;

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
  readonly #metadataForger: MetadataForger;
  /** How many of its answers and messages are lies. */
  probability = 0;

  constructor(random: SimRandom, trace: Trace) {
    this.#random = random;
    this.#trace = trace;
    const forging = random.stream('forger');
    const key = privateKeyFromSeed(forging.bytes(32));
    this.#forger = new Forger(forging, key);
    this.#metadataForger = new MetadataForger(key);
  }

  /** The server as this device reaches it. */
  server(device: string, server: HttpHandler | undefined): HttpHandler | undefined {
    if (server === undefined || this.probability === 0) return server;
    return async (request, peer, signal) => {
      const { url } = request;
      const ask = async (path: string): Promise<Answer> => {
        const response = await server({ ...request, url: path }, peer, signal);
        return { status: response.status, headers: response.headers, bytes: await bytesOf(response) };
      };
      const answer = await ask(url);
      const kind = kindOf(url);
      if (kind !== undefined) this.#answers.add(kind, answer);
      const lie = (await this.#forged(url, ask)) ?? (this.#random.chance(this.probability) && this.#lie(url, answer));
      if (lie) this.#trace.write('lie', device, `${url} ${lie.status}`);
      const { status, headers, bytes } = lie || answer;
      return { status, headers, body: oneChunk(bytes) };
    };
  }

  async #forged(url: string, ask: (url: string) => Promise<Answer>): Promise<Answer | undefined> {
    const genuine: FetchGenuine = async (path) => {
      const { status, bytes } = await ask(path);
      return status === 200 ? bytes : undefined;
    };
    const isTime = url === '/tuf/timestamp.json' && this.#random.chance(this.probability * forgedTimestamps);
    const bytes = isTime ? await this.#metadataForger.forgeTimestamp(genuine) : this.#metadataForger.file(url);
    return bytes === undefined ? undefined : { status: 200, headers: {}, bytes };
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
