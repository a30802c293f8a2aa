/**
 * The network of a site: devices that ask each other, by address. Whoever is there answers under the name of its certificate; nobody
 * can answer under another's. It may be slow, or cut, and then nobody hears anything; who loses its power breaks off. What it carries
 * is what was sent: lies are those of who answers.
 */
import type { Clock, HttpHandler, HttpResponse, Network } from '../../platform/ports.ts';
import { NetworkError } from '../../platform/ports.ts';
import { cutShort, orCut } from './sim-network.ts';

/** A device on it, and how it answers. */
export interface LanDevice {
  readonly device: string;
  readonly handler: HttpHandler;
  /** Of what it sends. */
  readonly bytesPerSecond?: number;
}

/** A device's place on it, and whom it knows there. */
export interface Beside {
  readonly lan: SimLan;
  readonly known: readonly string[];
}

/** Where a device is. */
export function addressOf(device: string): string {
  return `${device}:1`;
}

const latencyMs = 1;
const bytesPerSecondUsual = 1_000_000;

const packetBytes = 4096;

async function* packetsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body)
    for (let at = 0; at < chunk.length; at += packetBytes) yield chunk.subarray(at, at + packetBytes);
}

/** All devices of a site by their addresses, as HOST:PORT; bytes that went between them are counted. */
export class SimLan {
  readonly devices = new Map<string, LanDevice>();
  bytes = 0;
  /** Of what is sent to one of them. */
  bytesPerSecond = bytesPerSecondUsual;
  #mended = Promise.withResolvers<void>();
  #isCut = false;

  /** From now on nothing of it arrives, or all does. What is under way waits. */
  cut(isCut: boolean): void {
    if (isCut === this.#isCut) return;
    this.#isCut = isCut;
    if (isCut) this.#mended = Promise.withResolvers<void>();
    else this.#mended.resolve();
  }

  /** As one of them sees it. */
  networkOf(device: string, clock: Clock): Network {
    return {
      request: async (request, signal) => {
        const url = new URL(request.url);
        const other = this.devices.get(url.host);
        await this.#pass(clock, latencyMs, signal);
        if (other === undefined) throw new NetworkError('UNREACHABLE', 'nobody is there');
        const peer = { device, keyFingerprint: 'SHA256:x', address: 'lan' };
        const answered = orCut(other.handler({ ...request, url: url.pathname }, peer, signal));
        const response = await Promise.race([answered, this.#aborted(signal)]);
        await this.#pass(clock, latencyMs, signal);
        const isThere = () => this.devices.get(url.host) === other;
        return { ...response, device: other.device, body: this.#body(response, other, isThere, clock, signal) };
      },
    };
  }

  async *#body(
    { body }: HttpResponse,
    { bytesPerSecond = this.bytesPerSecond }: LanDevice,
    isThere: () => boolean,
    clock: Clock,
    signal: AbortSignal,
  ) {
    for await (const chunk of packetsOf(cutShort(body))) {
      await this.#pass(clock, (chunk.length / bytesPerSecond) * 1000, signal);
      if (!isThere()) throw new NetworkError('CUT', 'it is gone');
      this.bytes += chunk.length;
      yield chunk;
    }
  }

  #aborted(signal: AbortSignal): Promise<never> {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new NetworkError('ABORTED', 'aborted')));
    });
  }

  async #pass(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    try {
      await clock.sleep(ms, signal);
      if (this.#isCut) await Promise.race([this.#mended.promise, this.#aborted(signal)]);
    } catch {
      throw new NetworkError('ABORTED', 'aborted');
    }
  }
}
