import type { FromHost } from '../protocol.ts';
import type { ApplicationUse, ChannelUse } from './application-request.ts';
import type { RunWatch } from './observed-launcher.ts';

type Way = 'in' | 'out';

/** Adds up what an application takes while it runs. */
export class UseCount {
  #runs = 0;
  #fuel = 0;
  #peakMemoryBytes = 0;
  #dropped = 0;
  readonly #channels = { in: new Map<string, ChannelUse>(), out: new Map<string, ChannelUse>() };

  ended(usage: Parameters<RunWatch['onEnd']>[1]): void {
    this.#runs += 1;
    this.#fuel += usage.fuelSpent;
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, usage.memoryBytes);
  }

  /** A request did not get as far as its host. */
  dropped(): void {
    this.#dropped += 1;
  }

  message(way: Way, channel: string, bytes: number): void {
    const before = this.#channels[way].get(channel) ?? { messages: 0, bytes: 0 };
    this.#channels[way].set(channel, { messages: before.messages + 1, bytes: before.bytes + bytes });
  }

  /** With what its host told last. */
  total(
    report: Extract<FromHost, { kind: 'states' }>['applications'][number] | undefined,
    usage: Extract<FromHost, { kind: 'beat' }>['usage'][number] | undefined,
  ): ApplicationUse {
    const { events, facts } = report ?? {};
    const dropped = this.#dropped + (events?.dropped ?? 0);
    const { dataBytes, kvBytes } = usage ?? {};
    return {
      ...{ runs: this.#runs, fuel: this.#fuel, peakMemoryBytes: this.#peakMemoryBytes },
      ...{ in: Object.fromEntries(this.#channels.in), out: Object.fromEntries(this.#channels.out) },
      ...(events === undefined ? {} : { events: dropped === 0 ? events : { ...events, dropped } }),
      ...(facts === undefined ? {} : { facts }),
      ...(dataBytes === undefined ? {} : { dataBytes }),
      ...(kvBytes === undefined ? {} : { kvBytes }),
    };
  }
}
