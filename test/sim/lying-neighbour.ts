/**
 * A device of the fleet that was taken over, beside others on the network of their site. Whatever it is asked it says what holds them
 * up: that it has a module, that it fetches one, or that it will; and when it is taken at its word it sends something else, breaks off
 * at the worst moment, or lets them wait. It knows what is true, and how patient others are.
 */
import { wantHeader } from '../../device-agent/neighbours/wants.ts';
import {
  type Clock,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  NetworkError,
} from '../../platform/ports.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';

/** What it lies with. */
interface Lie {
  readonly clock: Clock;
  readonly random: SimRandom;
  /** The module that it is asked for. */
  readonly truth: Uint8Array;
  /** How often it was asked. */
  readonly times: number;
}

type Reply = (lie: Lie) => HttpResponse | Promise<HttpResponse>;

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(4096);
}

/** In so many pieces over so long; what is left of it then breaks off. */
async function* slowly({ clock, truth }: Lie, ms: number, pieces: number): AsyncGenerator<Uint8Array> {
  const bytes = Math.floor(truth.length / pieces);
  for (let at = 0; at < pieces - 1; at += 1) {
    await clock.sleep(ms / pieces);
    yield truth.subarray(at * bytes, (at + 1) * bytes);
  }
  throw new NetworkError('CUT', 'it broke off');
}

async function* thenGone(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw new NetworkError('CUT', 'it broke off');
}

function whole({ truth }: Lie, body: AsyncIterable<Uint8Array>): HttpResponse {
  return { status: 200, headers: { 'content-length': String(truth.length) }, body };
}

function lacking(want: string): HttpResponse {
  return { status: 404, headers: { 'content-length': '0', [wantHeader]: want }, body: nothing() };
}

function flipped({ truth, random }: Lie): Uint8Array {
  const copy = truth.slice();
  const at = random.integer(0, copy.length - 1);
  copy[at] = copy[at]! ^ (1 << random.integer(0, 7));
  return copy;
}

/** What it says when it is asked whether it has a module. */
const says = {
  has: (lie) => whole(lie, nothing()),
  'fetches ever on': ({ times }) => lacking(`fetching ${times}`),
  'fetches and stalls': () => lacking('fetching 9'),
  'will fetch': () => lacking('waiting 999999999'),
  'begins and stops': ({ times }) => lacking(times % 2 === 0 ? 'fetching 9' : 'waiting 9'),
  'trusts nobody': () => ({ status: 403, headers: {}, body: nothing() }),
  'says nothing': () => new Promise<HttpResponse>(() => {}),
} satisfies Readonly<Record<string, Reply>>;

/** What it sends when it is believed. Others are patient for half a minute, and what a module takes at 16 KiB a second. */
const gives = {
  'one bit is wrong': (lie) => whole(lie, once(flipped(lie))),
  'another module': (lie) => whole(lie, once(lie.random.bytes(lie.truth.length))),
  'without end': () => ({ status: 200, headers: {}, body: endless() }),
  'all but the end': (lie) => whole(lie, thenGone(lie.truth.subarray(0, -1))),
  half: (lie) => whole(lie, once(lie.truth.subarray(0, lie.truth.length / 2))),
  'slowly, and breaks off': (lie) => whole(lie, slowly(lie, 0.95 * (30_000 + lie.truth.length / 16.384), 20)),
  'a page': () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: once(new Uint8Array(99)) }),
  'is busy': () => ({ status: 503, headers: {}, body: nothing() }),
  nothing: () => new Promise<HttpResponse>(() => {}),
} satisfies Readonly<Record<string, Reply>>;

/** How it lies for a time. */
export interface Manner {
  readonly says: keyof typeof says;
  readonly gives: keyof typeof gives;
}

/** Draws one; most have what is asked for, since what they say else needs no bytes. */
export function drawManner(random: SimRandom): Manner {
  const names = Object.keys(says) as (keyof typeof says)[];
  return {
    says: random.chance(0.5) ? 'has' : random.pick(names),
    gives: random.pick(Object.keys(gives) as (keyof typeof gives)[]),
  };
}

/** It lies in this manner to all who ask. */
export function lyingNeighbour(
  manner: Manner,
  random: SimRandom,
  clock: Clock,
  truthOf: (sha256: string) => Uint8Array | undefined,
): HttpHandler {
  const asked = new Map<string, number>();
  return async ({ method, url }: HttpRequest) => {
    const sha256 = url.slice('/sha256/'.length);
    const truth = truthOf(sha256);
    if (truth === undefined) return { status: 404, headers: { 'content-length': '0' }, body: nothing() };
    const times = (asked.get(sha256) ?? 0) + 1;
    asked.set(sha256, times);
    const reply: Reply = method === 'HEAD' ? says[manner.says] : gives[manner.gives];
    return reply({ clock, random, truth, times });
  };
}
