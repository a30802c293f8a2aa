/**
 * What is checked of logbooks: of each start that follows a life the shore hears once and rightly whether the machine went down or its
 * agent alone. Not of devices whose disk rots, nor of those that were copied: two machines then write under the same numbers.
 */
import type { DeviceEvent, DeviceStatus } from '../../schemas/generated/types.ts';
import { decodeEntry } from '../../schemas/logbook-entry.ts';
import type { MessageBatch } from '../../schemas/message-batch.ts';

/** What came before a start: its machine was off, or its process was gone alone. */
export type Before = 'cut' | 'kill';

interface LogbookRecord {
  /** Starts that could write down what came before them, by their number. */
  readonly starts: Map<number, Before>;
  /** Codes of what the shore took of them. */
  readonly told: Map<number, string>;
  /** Whether a life has left a word of itself. */
  hasLived: boolean;
  isDoubtful: boolean;
}

const startCodes: ReadonlySet<string> = new Set([
  ...['POWER_CUT', 'AGENT_KILLED', 'AGENT_ENDED', 'AGENT_RESTARTED', 'MACHINE_RESTARTED'],
]);

const rightCodes: Readonly<Record<Before, ReadonlySet<string>>> = {
  // A cut that tears the word of a life leaves nobody who knows.
  cut: new Set(['POWER_CUT', 'AGENT_ENDED']),
  kill: new Set(['AGENT_KILLED']),
};

function keyOf({ boot, upSeconds, deviceAt, code, message }: DeviceEvent): string {
  return [boot, upSeconds, deviceAt, code, message].join(' ');
}

export class LogbookChecker {
  readonly #fail: (sentence: string) => void;
  readonly #devices = new Map<string, LogbookRecord>();

  constructor(fail: (sentence: string) => void) {
    this.#fail = fail;
  }

  #record(device: string): LogbookRecord {
    const record = this.#devices.get(device) ?? this.#begin(device);
    return record;
  }

  #begin(device: string): LogbookRecord {
    const record = { starts: new Map(), told: new Map(), hasLived: false, isDoubtful: false };
    this.#devices.set(device, record);
    return record;
  }

  /** An agent was started, and nothing went wrong meanwhile; without room on its disk it may have nothing written down. */
  started(device: string, number: number, before: Before, hasRoom: boolean): void {
    const record = this.#record(device);
    if (record.hasLived && hasRoom) record.starts.set(number, before);
    // What a life without room left may be the word of an earlier one.
    record.hasLived = hasRoom;
  }

  /** Another machine has its name. */
  remade(device: string): void {
    this.#begin(device);
  }

  /** What it writes is not only what happened to it. */
  doubt(device: string): void {
    this.#record(device).isDoubtful = true;
  }

  /** The shore has acknowledged a batch. */
  taken(device: string, { messages }: MessageBatch): void {
    const { told, starts, isDoubtful } = this.#record(device);
    for (const { message } of messages) {
      const entry = decodeEntry(message);
      if (entry === undefined) return this.#fail(`${device} wrote down what is no entry`);
      const { boot, code } = entry;
      if (!startCodes.has(code)) continue;
      told.set(boot, code);
      const before = starts.get(boot);
      if (before !== undefined && !isDoubtful && !rightCodes[before].has(code)) {
        this.#fail(`${device} tells of ${code} before its start ${boot}, and it was a ${before}`);
      }
    }
  }

  /** After a while of peace nothing is left to tell, and nothing is told twice. */
  settled(devices: readonly DeviceStatus[]): void {
    for (const { name, events } of devices) {
      const { starts, told, isDoubtful } = this.#record(name);
      if (isDoubtful) continue;
      const untold = [...starts.keys()].filter((number) => !told.has(number));
      if (untold.length > 0) this.#fail(`what came before the starts ${untold.join(' ')} of ${name} was never told`);
      const own = events.filter(({ boot }) => boot !== undefined).map(keyOf);
      if (new Set(own).size < own.length) this.#fail(`${name} is shown with an event twice: ${own.join('; ')}`);
    }
  }

  /** Starts of which the shore heard what came before. */
  get count(): number {
    return [...this.#devices.values()].reduce((sum, { told }) => sum + told.size, 0);
  }
}
