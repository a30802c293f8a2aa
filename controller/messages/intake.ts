import type { Clock } from '../../platform/ports.ts';
import type { BatchAnswer } from '../../schemas/batch-answer.ts';
import type { MessageBatch } from '../../schemas/message-batch.ts';
import type { Carriage } from '../engine/events.ts';
import { heardAt, isBehind } from '../engine/marks.ts';
import type { ChannelMark } from '../engine/records.ts';
import { HeldChannels } from './held-channels.ts';
import { busySeconds, bytesUnderWayMax, noOutletSeconds } from './limits.ts';
import { messagesOf } from './message.ts';
import { type Outlet, OutletError } from './outlet.ts';

/** What it stands on. */
export interface IntakeParts {
  readonly clock: Clock;
  readonly outlets: readonly Pick<Outlet, 'name' | 'takes' | 'give'>[];
  /** Up to where the shore has a channel's messages durably. */
  readonly markOf: (device: string, channel: string) => ChannelMark | undefined;
  /** Resolves when that is durable. */
  readonly note: (device: string, channel: string, mark: ChannelMark) => Promise<void>;
}

/** An outlet that did not take a batch. */
interface Refused {
  readonly outlet: string;
  readonly error: unknown;
}

/** What a device reports of it is no longer. */
const refusalCharactersMax = 160;

function bytesOf({ messages }: MessageBatch): number {
  return messages.reduce((sum, { message }) => sum + message.length, 0);
}

function lastOf({ segment, index, messages }: MessageBatch) {
  return { segment, index: index + messages.length - 1 };
}

/**
 * Takes what devices have to say. A batch is acknowledged when every outlet for its channel has it, and the shore remembers so
 * durably; until then its device keeps it. First the outlets, then the mark, then the word: whatever ends in between, the device
 * sends it again, and it comes out again under the same ids.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #held = new HeldChannels();
  readonly #underWay = new Set<string>();
  #bytesUnderWay = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** The answer to a batch, which somebody may have brought by hand; undefined where the same channel's is on its way already. */
  async take(device: string, batch: MessageBatch, carried?: Carriage): Promise<BatchAnswer | undefined> {
    const { application, channel, stream } = batch;
    const key = `${device}/${application}/${channel}`;
    if (this.#underWay.has(key)) return undefined;
    const bytes = bytesOf(batch);
    if (this.#bytesUnderWay + bytes > bytesUnderWayMax) {
      return this.#wait(
        batch,
        busySeconds,
        'SHORE_BUSY',
        'more messages are on their way than the shore takes at once',
      );
    }
    this.#underWay.add(key);
    this.#bytesUnderWay += bytes;
    try {
      const refusal = await this.#settle(device, batch, key, carried);
      return refusal ?? { application, channel, stream, taken: lastOf(batch) };
    } finally {
      this.#underWay.delete(key);
      this.#bytesUnderWay -= bytes;
    }
  }

  #wait(batch: MessageBatch, seconds: number, code: string, message: string): BatchAnswer {
    const { application, channel, stream } = batch;
    return { application, channel, stream, wait: { seconds, code, message: message.slice(0, refusalCharactersMax) } };
  }

  /** Undefined when the shore has all of it. */
  async #settle(
    device: string,
    batch: MessageBatch,
    key: string,
    carried?: Carriage,
  ): Promise<BatchAnswer | undefined> {
    const { markOf, note, outlets, clock } = this.#parts;
    const { application, channel, stream } = batch;
    const name = `${application}/${channel}`;
    const mark = markOf(device, name);
    const last = lastOf(batch);
    if (isBehind({ stream, ...last }, mark)) return undefined;
    const ways = outlets.filter((outlet) => outlet.takes(application, channel));
    if (ways.length === 0) {
      return this.#wait(batch, noOutletSeconds, 'NO_OUTLET', `no outlet of the controller takes ${name}`);
    }
    const refused = await this.#give(device, batch, key, ways, mark, carried);
    if (refused !== undefined) return refused;
    try {
      await note(device, name, { stream, ...last, at: heardAt(clock.now(), mark, carried) });
    } catch (error) {
      return this.#wait(batch, busySeconds, 'STATE_NOT_WRITTEN', (error as Error).message);
    }
    this.#held.release(key);
    return undefined;
  }

  async #give(
    device: string,
    batch: MessageBatch,
    key: string,
    ways: IntakeParts['outlets'],
    mark: ChannelMark | undefined,
    carried?: Carriage,
  ): Promise<BatchAnswer | undefined> {
    const { stream, segment } = batch;
    const known = mark?.stream === stream && mark.segment === segment ? mark.index : -1;
    const way = { receivedAt: this.#parts.clock.now(), ...(carried === undefined ? {} : { carriedBy: carried.by }) };
    const outcomes = await Promise.all(
      ways.map(async (outlet): Promise<Refused | undefined> => {
        const taken = this.#held.lastTaken(key, stream, segment, outlet.name);
        const messages = messagesOf(device, batch, Math.max(known, taken), way);
        try {
          if (messages.length > 0) await outlet.give(messages);
          return undefined;
        } catch (error) {
          return { outlet: outlet.name, error };
        }
      }),
    );
    const refusal = outcomes.find((outcome) => outcome !== undefined);
    if (refusal === undefined) return undefined;
    const took = ways.filter((_, n) => outcomes[n] === undefined).map(({ name }) => name);
    const seconds = this.#held.hold(key, stream, took, lastOf(batch));
    const { outlet, error } = refusal;
    const code = error instanceof OutletError ? error.code : 'OUTLET_FAILED';
    return this.#wait(batch, seconds, code, `${outlet}: ${error instanceof Error ? error.message : error}`);
  }
}
