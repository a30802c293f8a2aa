/** What is said of the door of a device: where it is, by the words of DNS-SD (RFC 6763). Pure. */
import { isSameName, type Name, type Question, type ReadMessage, recordType } from './dns-message.ts';
import { type WrittenRecord, writeMessage } from './write-message.ts';

/** Doors for neighbours, of whatever fleet. */
const service: Name = ['_fleet-agent', '_tcp', 'local'];

/** As long as others may remember it; who is no DNS-SD program itself is to forget it at once. */
const ttlSeconds = { usual: 120, legacy: 10 } as const;

/** A door on one network. */
export interface Door {
  readonly device: string;
  readonly address: string;
  readonly port: number;
}

/** How something is told: alone to who asked it, as a DNS-SD program or not, or to all. */
export type Telling =
  | { readonly kind: 'all' }
  | { readonly kind: 'alone' }
  | { readonly kind: 'legacy'; readonly id: number };

function instanceOf(device: string): Name {
  return [device, ...service];
}

/** All that is said of a door: which there is, where it listens, and at which address that is. */
function recordsOf({ device, address, port }: Door): readonly WrittenRecord[] {
  const instance = instanceOf(device);
  const host = [device, 'fleet-agent', 'local'];
  return [
    { name: service, data: { kind: 'ptr', to: instance } },
    { name: instance, data: { kind: 'srv', port, host } },
    { name: instance, data: { kind: 'txt' } },
    { name: host, data: { kind: 'a', address } },
  ];
}

function isAsked({ name, data }: WrittenRecord, { name: asked, type }: Question): boolean {
  return (type === recordType.any || type === recordType[data.kind]) && isSameName(name, asked);
}

/** Whether who asks says that it knows the door, and not from long ago. */
function isKnown({ device }: Door, { records }: ReadMessage): boolean {
  return records.some(
    ({ name, target, ttlSeconds: left }) =>
      left >= ttlSeconds.usual / 2 &&
      isSameName(name, service) &&
      target !== undefined &&
      isSameName(target, instanceOf(device)),
  );
}

/** What is told of a door where nobody asked. */
export function announcementOf(door: Door): Uint8Array {
  const [answers, additional] = [recordsOf(door), []];
  return writeMessage({ id: 0, questions: [], answers, additional, ttlSeconds: ttlSeconds.usual, isFlushing: true });
}

/** What is told of a door to who asks; undefined where nothing is to be told. */
export function answerTo(message: ReadMessage, door: Door, telling: Telling): Uint8Array | undefined {
  const records = recordsOf(door);
  const questions = message.questions.filter((one) => records.some((record) => isAsked(record, one)));
  if (message.isAnswer || questions.length === 0 || isKnown(door, message)) return undefined;
  const answers = records.filter((record) => questions.some((one) => isAsked(record, one)));
  const additional = records.filter((record) => !answers.includes(record));
  // Who asked from a place of its own knows its question by the number, and looks for it in the answer.
  if (telling.kind === 'legacy') {
    const plain = questions.slice(0, 1).map((one) => ({ ...one, isUnicast: false }));
    const { id } = telling;
    return writeMessage({
      id,
      questions: plain,
      answers,
      additional,
      ttlSeconds: ttlSeconds.legacy,
      isFlushing: false,
    });
  }
  return writeMessage({ id: 0, questions: [], answers, additional, ttlSeconds: ttlSeconds.usual, isFlushing: true });
}

/** Whether one of the questions that concern a door wants its answer alone. */
export function wantsItAlone({ questions }: ReadMessage): boolean {
  return questions.length > 0 && questions.every(({ isUnicast }) => isUnicast);
}

/** Asks who has a door. */
export function questionForDoors(id: number): Uint8Array {
  const questions = [{ name: service, type: recordType.ptr, isUnicast: false }];
  return writeMessage({ id, questions, answers: [], additional: [], ttlSeconds: 0, isFlushing: false });
}

const deviceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Priority and weight stand before the port. */
const portAt = 4;

/** The doors that an answer to that question tells of, without where they are: an address that somebody says is not believed. */
export function doorsIn(message: ReadMessage, id: number): readonly Pick<Door, 'device' | 'port'>[] {
  if (!message.isAnswer || message.id !== id) return [];
  return message.records.flatMap(({ name, type, data }) => {
    const [device = '', ...rest] = name;
    if (type !== recordType.srv || data.length < portAt + 2) return [];
    const port = (data[portAt]! << 8) | data[portAt + 1]!;
    return isSameName(rest, service) && deviceName.test(device) && port > 0 ? [{ device, port }] : [];
  });
}
