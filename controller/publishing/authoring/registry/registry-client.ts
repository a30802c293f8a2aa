/** One repository of a registry over the Network port: who asks, where answers send on, and how much is taken of them. */
import {
  type Clock,
  type HttpRequest,
  type HttpResponse,
  type Network,
  NetworkError,
} from '../../../../platform/ports.ts';
import { type Challenge, parseChallenge } from './challenge.ts';
import type { Credential } from './docker-credentials.ts';
import { isLoopback, originOf, type Reference } from './reference.ts';
import { RegistryError } from './registry-error.ts';
import { passwordHeader, tokenFrom, tokenRequest } from './token.ts';

/** What a client is made of. */
export interface RegistryPorts {
  readonly network: Network;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Asked once, when a registry lets nobody in whom it does not know. */
  readonly credential: () => Promise<Credential>;
}

/** A question; `path` begins behind the repository's own, or it is a whole URL that the registry gave. */
export interface Asked extends Pick<HttpRequest, 'method' | 'body'> {
  readonly path: string | URL;
  readonly headers?: HttpRequest['headers'];
  /** Of the answer. */
  readonly bytesMax: number;
}

/** An answer whole. */
export interface Answer extends Pick<HttpResponse, 'status' | 'headers'> {
  readonly bytes: Uint8Array;
}

const redirectsMax = 5;
const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];
const complaintBytesMax = 64 * 1024;
const tokenBytesMax = 256 * 1024;
/** 256 MiB at 1.2 Mbit/s. */
const exchangeMsMax = 30 * 60_000;

async function readWhole({ body }: HttpResponse, bytesMax: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Speaks for one repository. What lets it in is shown to the registry's own origin and to nobody else. */
export class RegistryClient {
  readonly #ports: RegistryPorts;
  readonly #origin: string;
  readonly #reference: Reference;
  readonly #access: 'pull' | 'pull,push';
  #authorization: string | undefined;

  constructor(ports: RegistryPorts, reference: Reference, access: 'pull' | 'pull,push') {
    this.#ports = ports;
    this.#origin = originOf(reference);
    this.#reference = reference;
    this.#access = access;
  }

  /** The answer, whatever its status. Throws `RegistryError`. */
  async ask(asked: Asked): Promise<Answer> {
    const stop = new AbortController();
    const late = (): void => stop.abort(this.#unreached(`no whole answer within ${exchangeMsMax / 60_000} minutes`));
    using _timer = this.#ports.clock.after(exchangeMsMax, late);
    const signal = AbortSignal.any([this.#ports.signal, stop.signal]);
    try {
      return await this.#askAsWho(asked, signal);
    } catch (error) {
      if (stop.signal.aborted) throw stop.signal.reason;
      if (error instanceof NetworkError) throw this.#unreached(error.message);
      throw error;
    }
  }

  /** A URL that the registry gave, by where it was given. Throws `RegistryError` where it leads to what anybody could listen to. */
  resolve(location: string | undefined, from: URL | string = this.#urlOf('')): URL {
    const to = URL.parse(location ?? '', from);
    const isSafe = to?.protocol === 'https:' || (to?.protocol === 'http:' && isLoopback(to.hostname) && this.#isHere);
    if (to === null || !isSafe) {
      const where = to === null ? 'nowhere' : `${to.protocol}//${to.host}`;
      throw new RegistryError('BAD_ANSWER', `${this.#origin} sends on to ${where}: only https is followed`);
    }
    to.username = '';
    to.password = '';
    return to;
  }

  get #isHere(): boolean {
    return this.#origin.startsWith('http:');
  }

  #unreached(why: string): RegistryError {
    return new RegistryError('REGISTRY_UNREACHED', `${this.#origin} is not reached: ${why}; try again`);
  }

  #urlOf(path: string | URL): URL {
    return typeof path === 'string' ? new URL(`${this.#origin}/v2/${this.#reference.repository}/${path}`) : path;
  }

  async #askAsWho(asked: Asked, signal: AbortSignal): Promise<Answer> {
    const first = await this.#follow(asked, signal);
    if (first.status !== 401) return first;
    const challenge = parseChallenge(first.headers['www-authenticate'] ?? '');
    if (challenge === undefined) return first;
    const authorization = await this.#authorize(challenge, signal);
    if (authorization === undefined || authorization === this.#authorization) return first;
    this.#authorization = authorization;
    return await this.#follow(asked, signal);
  }

  /** Follows where an answer to a question without a body is sent on. */
  async #follow(asked: Asked, signal: AbortSignal): Promise<Answer> {
    const mayFollow = asked.method === 'GET' || asked.method === 'HEAD';
    let url = this.#urlOf(asked.path);
    for (let left = redirectsMax; ; left -= 1) {
      const answer = await this.#exchange(url, asked, signal);
      if (answer.status === 401 && url.origin !== this.#origin) {
        const message = `${this.#origin} sends on to ${url.host}, which wants to know who asks; what lets in here is shown nowhere else`;
        throw new RegistryError('NOT_AUTHORIZED', message);
      }
      if (!mayFollow || !redirectStatuses.includes(answer.status)) return answer;
      if (left === 0) throw new RegistryError('BAD_ANSWER', `${this.#origin} sends on more than ${redirectsMax} times`);
      url = this.resolve(answer.headers.location, url);
    }
  }

  async #exchange(url: URL, { method, headers, body, bytesMax }: Asked, signal: AbortSignal): Promise<Answer> {
    const isOwn = url.origin === this.#origin && this.#authorization !== undefined;
    const response = await this.#ports.network.request(
      {
        ...{ method, url: url.href },
        headers: { ...headers, ...(isOwn ? { authorization: this.#authorization! } : {}) },
        ...(body === undefined ? {} : { body }),
      },
      signal,
    );
    return await this.#take(response, bytesMax);
  }

  async #take(response: HttpResponse, bytesMax: number): Promise<Answer> {
    const { status, headers } = response;
    const isGood = status >= 200 && status < 300;
    const bytes = await readWhole(response, isGood ? bytesMax : complaintBytesMax);
    if (bytes === undefined && isGood)
      throw new RegistryError('ANSWER_TOO_LARGE', `${this.#origin} answers with more than ${bytesMax} bytes`);
    return { status, headers, bytes: bytes ?? new Uint8Array() };
  }

  /** What lets in; undefined where nothing is known that would. */
  async #authorize(challenge: Challenge, signal: AbortSignal): Promise<string | undefined> {
    const credential = await this.#ports.credential();
    if (challenge.kind === 'basic')
      return credential.kind === 'password' ? passwordHeader(credential.user, credential.password) : undefined;
    const realm = this.resolve(challenge.realm);
    const scope = challenge.scope ?? `repository:${this.#reference.repository}:${this.#access}`;
    const request = tokenRequest({ realm, service: challenge.service, scope }, credential);
    const answer = await this.#take(await this.#ports.network.request(request, signal), tokenBytesMax);
    if (answer.status === 200) return `Bearer ${tokenFrom(answer.bytes, realm.host)}`;
    const who = credential.kind === 'nobody' ? 'to anybody' : 'to whom is logged in here';
    const message = `${realm.host} gives no token for ${this.#reference.host}/${this.#reference.repository} ${who} (HTTP ${answer.status})`;
    throw new RegistryError('NOT_AUTHORIZED', `${message}; log in: docker login ${this.#reference.host}`);
  }
}
