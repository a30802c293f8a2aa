/**
 * What a device writes down of what happened to it, for the shore: messages of a channel that is the agent's own, each a JSON text
 * of an entry. When it happened is the time of the message.
 */

/** The channel, in words of batches. No manifest may have it. */
export const logbookChannel = { application: 'fleet-agent', channel: 'logbook' } as const;

/** One thing that happened. Entries are in the order in which they were written. */
export interface LogbookEntry {
  /** The start of the agent in which it was written: numbers of starts only grow. */
  readonly boot: number;
  /** How long the agent had run then, which no clock that is set changes. */
  readonly upSeconds: number;
  readonly code: string;
  /** For people; goes on from the device's name. */
  readonly message: string;
}

const entryMessageMax = 300;
const entryBytesMax = 4_096;
const codePattern = /^[A-Z][A-Z0-9_]{0,63}$/;

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A message as an entry has room for it. */
export function entryMessage(message: string): string {
  return message.length <= entryMessageMax ? message : `${message.slice(0, entryMessageMax - 1)}…`;
}

/** The bytes of an entry. */
export function encodeEntry({ boot, upSeconds, code, message }: LogbookEntry): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ boot, up: upSeconds, code, message: entryMessage(message) }));
}

/** Undefined for what is no entry. */
export function decodeEntry(bytes: Uint8Array): LogbookEntry | undefined {
  if (bytes.length > entryBytesMax) return undefined;
  let fields: Readonly<Record<string, unknown>> | null;
  try {
    fields = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  const { boot, up, code, message } = fields ?? {};
  if (!isCount(boot) || !isCount(up) || typeof code !== 'string' || !codePattern.test(code)) return undefined;
  if (typeof message !== 'string' || message.length > entryMessageMax) return undefined;
  return { boot, upSeconds: up, code, message };
}
