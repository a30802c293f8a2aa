/**
 * The network between devices and the controller: delay, bandwidth, loss, partitions, cuts in the middle of an answer.
 *
 * Every device has a link that is up or down. While it is down nothing passes in either direction. While it is up, an
 * exchange takes latency plus bytes over bandwidth; with `cutProbability` an answer breaks off at a random byte; when the
 * link goes down, every exchange under way breaks off then. With `cacheProbability` what is fetched comes from a cache in between
 * that has its own ways.
 */
import {
  type Clock,
  type CountTravel,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  type Network,
  NetworkError,
  type Peer,
  type Ways,
} from '../../platform/ports.ts';
import type { Life, SimTime } from '../../platform/simulated/clock.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import { PowerCut } from './sim-disk.ts';

/** How good a device's link is while it is up. */
export interface LinkQuality {
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
  /** Of one answer breaking off. */
  readonly cutProbability: number;
  /** Of one bit of one answer being flipped on the way. */
  readonly flipProbability: number;
  /** Of a cache answering a fetch in the server's place, each time in one of its own ways. */
  readonly cacheProbability: number;
}

export class SimLink {
  readonly device: string;
  quality: LinkQuality;
  #up = true;
  /** Nothing but HTTPS gets through. */
  #isWithoutBroker = false;
  /** Grows whenever the link goes down: an exchange that began before has lost its connection. */
  #generation = 0;
  readonly #listeners = new Set<(up: boolean) => void>();
  bytesDown = 0;

  constructor(device: string, quality: LinkQuality) {
    this.device = device;
    this.quality = quality;
  }

  get up(): boolean {
    return this.#up;
  }

  get generation(): number {
    return this.#generation;
  }

  set(up: boolean): void {
    if (up === this.#up) return;
    this.#up = up;
    if (!up) this.#generation += 1;
    for (const listener of [...this.#listeners]) listener(up);
  }

  get isWithoutBroker(): boolean {
    return this.#isWithoutBroker;
  }

  /** From now on sessions come to nothing, or no longer: those that are there are not heard of any more. */
  block(isWithoutBroker: boolean): void {
    if (isWithoutBroker === this.#isWithoutBroker) return;
    this.#isWithoutBroker = isWithoutBroker;
    for (const listener of [...this.#listeners]) listener(this.#up);
  }

  onChange(listener: (up: boolean) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }
}

/** A server that ends in the middle leaves a broken connection. */
export async function orCut<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof PowerCut ? new NetworkError('CUT', 'the server is gone') : error;
  }
}

/** A body that breaks off where who sends it ends. */
export async function* cutShort(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  for (let next = await orCut(chunks.next()); next.done !== true; next = await orCut(chunks.next())) yield next.value;
}

/** What comes together, in pieces of a second: a link that goes takes the rest, and no more. */
function* secondsOf(bytes: Uint8Array, bytesPerSecond: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += bytesPerSecond) yield bytes.subarray(at, at + bytesPerSecond);
}

async function* page(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** What caches, proxies and portals say instead of what a server has. */
const waysOfCaches: readonly Omit<HttpResponse, 'body'>[] = [
  { status: 503, headers: { 'retry-after': '60' } },
  { status: 429, headers: {} },
  { status: 200, headers: { 'content-type': 'text/html' } },
  { status: 200, headers: { 'content-encoding': 'gzip' } },
  { status: 206, headers: { 'content-range': 'bytes 9-20/21' } },
  { status: 416, headers: {} },
  { status: 302, headers: { location: 'https://portal.example/' } },
];

/** What a device sees as the network: HTTP to one server function through its link. `server` is undefined while that is down. */
export function simNetwork(options: {
  readonly time: SimTime;
  readonly random: SimRandom;
  readonly link: SimLink;
  readonly life: Life;
  readonly server: () => HttpHandler | undefined;
  readonly keyFingerprint: string;
  /** As whom the server sees it, once each has judged the other; the key's holder, whatever the time, unless given. */
  readonly peer?: () => Peer;
  /** The interface that leads out; without one nobody knows which. */
  readonly wayOut?: () => string | undefined;
  readonly countTravel?: CountTravel;
  /** Whether nothing comes over an interface; the one that leads out is the link. */
  readonly isDead?: (via: string) => boolean;
  /** Bytes of a blob came through. */
  readonly onBlob?: (bytes: number, sha256: string) => void;
}): Network {
  const { time, random, link, life, wayOut = () => undefined, countTravel = () => {} } = options;
  const { isDead = () => false, onBlob = () => {} } = options;
  const clock = time.clock(life);

  async function check(generation: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new NetworkError('ABORTED', 'aborted');
    if (!link.up || link.generation !== generation) throw new NetworkError('CUT', 'the link went down');
  }

  async function* body(
    response: Pick<HttpResponse, 'body'>,
    generation: number,
    signal: AbortSignal,
    via?: string,
    blob?: string,
  ): AsyncGenerator<Uint8Array> {
    let cutAfter = random.chance(link.quality.cutProbability) ? random.integer(0, 100_000) : Number.POSITIVE_INFINITY;
    for await (const chunk of cutShort(response.body)) {
      const part = chunk.length > cutAfter ? chunk.subarray(0, cutAfter) : chunk;
      const flipped = part.slice();
      if (part.length > 0 && random.chance(link.quality.flipProbability)) {
        const at = random.integer(0, part.length - 1);
        flipped[at] = flipped[at]! ^ (1 << random.integer(0, 7));
      }
      for (const piece of secondsOf(flipped, link.quality.bytesPerSecond)) {
        await clock.sleep((piece.length / link.quality.bytesPerSecond) * 1000);
        await check(generation, signal);
        link.bytesDown += piece.length;
        countTravel(piece.length, via);
        if (blob !== undefined) onBlob(piece.length, blob);
        yield piece;
      }
      cutAfter -= part.length;
      if (cutAfter <= 0) throw new NetworkError('CUT', 'the connection broke');
    }
  }

  return {
    request: async (request: HttpRequest, signal: AbortSignal) => {
      const { generation } = link;
      await clock.sleep(link.quality.latencyMs);
      await check(generation, signal);
      if (request.method === 'GET' && random.chance(link.quality.cacheProbability)) {
        return { ...random.pick(waysOfCaches), body: body({ body: page('Pay first') }, generation, signal) };
      }
      const server = options.server();
      if (server === undefined) throw new NetworkError('UNREACHABLE', 'connection refused');
      const url = new URL(request.url);
      const holder = { device: link.device, keyFingerprint: options.keyFingerprint, address: 'simulated' };
      const peer = options.peer?.() ?? holder;
      const via = request.via ?? wayOut();
      if (via !== undefined && isDead(via)) throw new NetworkError('UNREACHABLE', `nothing answers over ${via}`);
      const [, blob] = (request.method === 'GET' && /\/sha256\/([0-9a-f]{64})$/.exec(url.pathname)) || [];
      const response = await orCut(server({ ...request, url: url.pathname + url.search }, peer, signal));
      await clock.sleep(link.quality.latencyMs);
      await check(generation, signal);
      return {
        ...response,
        ...(via === undefined ? {} : { via }),
        body: body(response, generation, signal, via, blob),
      };
    },
  };
}

/** A change of the link is noticed so late, as where it has to be looked for. */
const noticedMs = 5_000;

/** The ways out of the machine that has this link: they change as it goes up and down. */
export function simWays(link: SimLink, clock: Clock): Ways {
  return {
    watch: (onChange) => {
      const watch = link.onChange(() => clock.after(noticedMs, onChange));
      return { attend: () => {}, [Symbol.dispose]: () => watch[Symbol.dispose]() };
    },
  };
}
