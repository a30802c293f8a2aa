import type { BatchAnswer } from '../../schemas/batch-answer.ts';
import { answersChannel, decodeAnswer } from '../../schemas/device-answer.ts';
import { decodeEntry, logbookChannel } from '../../schemas/logbook-entry.ts';
import type { MessageBatch } from '../../schemas/message-batch.ts';
import type { AnswersEvent, Carriage, LogbookEvent } from '../engine/events.ts';
import { busySeconds, logbooksUnderWayMax } from './limits.ts';

/** Whether a batch is of a device's own logbook, and of no application's channel. */
export function isOfLogbook({ application, channel }: MessageBatch): boolean {
  return application === logbookChannel.application && channel === logbookChannel.channel;
}

/** Whether a batch is of what a device answered. */
export function isOfAnswers({ application, channel }: MessageBatch): boolean {
  return application === answersChannel.application && channel === answersChannel.channel;
}

function eventOf(device: string, batch: MessageBatch, carried: Carriage | undefined): AnswersEvent | LogbookEvent {
  const { stream, segment, index, dropped, messages } = batch;
  const way = carried === undefined ? {} : { carried };
  if (isOfAnswers(batch)) {
    const mark = { stream, segment, index: index + messages.length - 1 };
    return { kind: 'answers', device, mark, answers: messages.map(({ message }) => decodeAnswer(message)), ...way };
  }
  const entries = messages.map(({ at, message }) => ({ at, entry: decodeEntry(message) }));
  return { kind: 'logbook', device, stream, segment, index, dropped, entries, ...way };
}

/** Takes what agents have to say themselves, their logbooks and answers: what is acknowledged is remembered durably. */
export class LogbookIntake {
  readonly #keep: (event: AnswersEvent | LogbookEvent) => Promise<void>;
  readonly #underWay = new Set<string>();

  /** `keep` resolves when it is durable. */
  constructor(keep: (event: AnswersEvent | LogbookEvent) => Promise<void>) {
    this.#keep = keep;
  }

  /** The answer to a batch, which somebody may have brought by hand; undefined where one of the same device is on its way already. */
  async take(device: string, batch: MessageBatch, carried?: Carriage): Promise<BatchAnswer | undefined> {
    const { application, channel, stream, segment, index, messages } = batch;
    const of = { application, channel, stream };
    if (this.#underWay.has(device)) return undefined;
    if (this.#underWay.size >= logbooksUnderWayMax) {
      return { ...of, wait: { seconds: busySeconds, code: 'SHORE_BUSY', message: 'too many logbooks come at once' } };
    }
    this.#underWay.add(device);
    try {
      await this.#keep(eventOf(device, batch, carried));
      return { ...of, taken: { segment, index: index + messages.length - 1 } };
    } catch (error) {
      const { message } = error as Error;
      return { ...of, wait: { seconds: busySeconds, code: 'STATE_NOT_WRITTEN', message: message.slice(0, 160) } };
    } finally {
      this.#underWay.delete(device);
    }
  }
}
