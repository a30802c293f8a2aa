/** The answer to what the shore asks, put into the outbox: it travels as messages do, and is there until the shore has it. */
import type { Clock, Random } from '../../platform/ports.ts';
import { answersChannel, encodeAnswer } from '../../schemas/device-answer.ts';
import type { DeviceRequest } from '../../schemas/generated/types.ts';
import { diagnosisText } from '../command/diagnose.ts';
import { applicationLogs, type LogPlace, type LogPorts } from '../command/logs.ts';
import { channelDirectory } from '../outbox/files/channel-files.ts';
import { ChannelWriter } from '../outbox/files/channel-writer.ts';
import { stateLayout } from '../state-layout.ts';

/** What it is found and written with. */
export interface AnswerPorts extends Omit<LogPorts, 'clock'> {
  readonly clock: Clock;
  readonly random: Random;
  /** The agent's own time, in milliseconds since the epoch. */
  readonly nowMs: () => number;
}

/** Answers that wait for a link: some, of 24 KB at most. */
const terms = { quotaBytes: 256 * 1024, maxAgeSeconds: 60 * 86_400, drop: 'oldest' } as const;

interface Found {
  readonly text: string;
  readonly lack?: string;
}

/** The lines from a time on, by the stamps that they begin with. */
function since(text: string, from: string | undefined): string {
  if (from === undefined) return text;
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.slice(0, from.length) >= from && /^\d{4}-/.test(line));
  return first === -1 ? '' : lines.slice(first).join('\n');
}

async function logOf(ports: AnswerPorts, place: LogPlace, request: DeviceRequest): Promise<Found> {
  const { application = '' } = request;
  const { text, lack } = await applicationLogs(ports, place, application);
  const none = text === undefined ? `${application} has printed nothing on this device` : undefined;
  const why = none ?? (lack && `what it printed last may be missing: ${lack}`);
  return { text: since(text ?? '', request.since), ...(why === undefined ? {} : { lack: why }) };
}

function find(ports: AnswerPorts, place: LogPlace, request: DeviceRequest): Found | Promise<Found> {
  switch (request.ask) {
    case 'logs':
      return logOf(ports, place, request);
    case 'diagnosis':
      return { text: diagnosisText(ports, place.stateDirectory, true) };
    default:
      throw request.ask satisfies never;
  }
}

/** Answers it. Throws `DiskError` where the disk does not take the answer. */
export async function answerRequest(ports: AnswerPorts, place: LogPlace, request: DeviceRequest): Promise<void> {
  const { id, bytesMax } = request;
  const { clock, nowMs } = ports;
  const answer = encodeAnswer({ id, ...(await find(ports, place, request)) }, bytesMax);
  const { application, channel } = answersChannel;
  const directory = channelDirectory(stateLayout(place.stateDirectory).outboxDirectory, application, channel);
  const writer = new ChannelWriter(directory, terms, {
    ...ports,
    clock: { now: nowMs, monotonic: () => clock.monotonic() },
  });
  writer.put(answer);
}
