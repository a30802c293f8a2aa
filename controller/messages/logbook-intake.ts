import type { BatchAnswer } from '../../schemas/batch-answer.ts';
import { decodeEntry, logbookChannel } from '../../schemas/logbook-entry.ts';
import type { MessageBatch } from '../../schemas/message-batch.ts';
import type { Carriage, LogbookEvent } from '../engine/events.ts';
import { busySeconds, logbooksUnderWayMax } from './limits.ts';

/** Whether a batch is of a device's own logbook, and of no application's channel. */
export function isOfLogbook({ application, channel }: MessageBatch): boolean {
  return application === logbookChannel.application && channel === logbookChannel.channel;
}

/** Takes logbooks of devices: what is acknowledged is in their histories, durably. */
export class LogbookIntake {
  readonly #keep: (event: LogbookEvent) => Promise<void>;
  readonly #underWay = new Set<string>();

  /** `keep` resolves when it is durable. */
  constructor(keep: (event: LogbookEvent) => Promise<void>) {
    this.#keep = keep;
  }

  /** The answer to a batch, which somebody may have brought by hand; undefined where one of the same device is on its way already. */
  async take(device: string, batch: MessageBatch, carried?: Carriage): Promise<BatchAnswer | undefined> {
    const { application, channel, stream, segment, index, dropped, messages } = batch;
    const of = { application, channel, stream };
    if (this.#underWay.has(device)) return undefined;
    if (this.#underWay.size >= logbooksUnderWayMax) {
      return { ...of, wait: { seconds: busySeconds, code: 'SHORE_BUSY', message: 'too many logbooks come at once' } };
    }
    this.#underWay.add(device);
    try {
      const entries = messages.map(({ at, message }) => ({ at, entry: decodeEntry(message) }));
      const way = carried === undefined ? {} : { carried };
      await this.#keep({ kind: 'logbook', device, stream, segment, index, dropped, entries, ...way });
      return { ...of, taken: { segment, index: index + messages.length - 1 } };
    } catch (error) {
      const { message } = error as Error;
      return { ...of, wait: { seconds: busySeconds, code: 'STATE_NOT_WRITTEN', message: message.slice(0, 160) } };
    } finally {
      this.#underWay.delete(device);
    }
  }
}
