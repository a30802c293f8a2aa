/** A day of a device's outbox in simulated time: real files, real sending, a shore that takes all that comes. */
import { Logbook } from '../../device-agent/logbook/logbook.ts';
import { OutboxWriter } from '../../device-agent/outbox/files/outbox-writer.ts';
import { Outbox } from '../../device-agent/outbox/outbox.ts';
import type { Clock } from '../../platform/ports.ts';
import { type Life, SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import { encodeAnswer } from '../../schemas/batch-answer.ts';
import { logbookChannel } from '../../schemas/logbook-entry.ts';
import { type MessageBatch, readPart, unpackBatch } from '../../schemas/message-batch.ts';
import { SimDisk } from '../../test/sim/sim-disk.ts';
import { countedDisk, type DiskCounts } from './counted-disk.ts';

/** What happens in a day. */
export interface DayTerms {
  readonly name: string;
  /** Messages of an application: so many at once, each so often. */
  readonly messages?: { readonly everySeconds: number; readonly count: number; readonly bytes: number };
  /** Entries of the logbook. */
  readonly entries?: { readonly everySeconds: number };
  /** How often the agent is started; its processes lose nothing. */
  readonly starts: number;
  /** Hours of the day in which there is a connection. */
  readonly connected: readonly [from: number, to: number];
}

/** What came of it. */
export interface DayResult {
  readonly name: string;
  readonly messages: number;
  readonly taken: number;
  readonly batches: number;
  /** Of parts and answers, without what carries them. */
  readonly wireBytes: number;
  readonly disk: DiskCounts;
}

const hourMs = 3_600_000;
const daySeconds = 86_400;
const terms = { quotaBytes: 2 ** 22, maxAgeSeconds: 7 * 86_400, drop: 'oldest' } as const;

const quiet = { write: () => {} };

class Day {
  readonly #terms: DayTerms;
  readonly time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  readonly #random = new SimRandom(1);
  readonly #counted = countedDisk(new SimDisk());
  #life: Life = { alive: false };
  #outbox: Outbox | undefined;
  #parts: Uint8Array[] = [];
  #messages = 0;
  #taken = 0;
  #batches = 0;
  #wireBytes = 0;

  constructor(dayTerms: DayTerms) {
    this.#terms = dayTerms;
  }

  get #isConnected(): boolean {
    const [from, to] = this.#terms.connected;
    const hour = new Date(this.time.now).getUTCHours();
    return hour >= from && hour < to;
  }

  /** The shore hears a part. */
  #hear(part: Uint8Array, clock: Clock): void {
    this.#wireBytes += part.length;
    const { bytes, part: number, parts } = readPart(part);
    this.#parts = number === 0 ? [bytes] : [...this.#parts, bytes];
    if (number < parts - 1) return;
    const answer = this.#take(unpackBatch(Buffer.concat(this.#parts)));
    this.#wireBytes += answer.length;
    clock.after(300, () => this.#outbox?.answered(answer));
  }

  #take({ application, channel, stream, segment, index, messages }: MessageBatch): Uint8Array {
    this.#batches += 1;
    this.#taken += messages.length;
    return encodeAnswer({ application, channel, stream, taken: { segment, index: index + messages.length - 1 } });
  }

  #start(boot: number): void {
    this.#outbox?.stop();
    this.#life.alive = false;
    const life: Life = { alive: true };
    this.#life = life;
    const clock = this.time.clock(life);
    const ports = { disk: this.#counted.disk, clock, random: this.#random, log: quiet };
    const outbox = new Outbox({
      ...{ ...ports, directory: '/outbox', own: { ...logbookChannel, directory: '/logbook' } },
      ...{ urgent: () => undefined, held: () => undefined, onChange: () => {} },
      send: async (part) => {
        await clock.sleep(300);
        if (this.#isConnected) this.#hear(part, clock);
        return this.#isConnected;
      },
    });
    this.#outbox = outbox;
    this.#write(clock, ports);
    this.#note(
      clock,
      new Logbook({ ...ports, directory: '/logbook', boot, nowMs: clock.now, onNoted: () => outbox.noted() }),
    );
    outbox.expect(this.#terms.messages !== undefined);
    outbox.start();
    outbox.connection(this.#isConnected);
  }

  #write(clock: Clock, ports: ConstructorParameters<typeof OutboxWriter>[1]): void {
    const { messages } = this.#terms;
    if (messages === undefined) return;
    const writer = new OutboxWriter('/outbox', ports);
    const again = (): void => {
      for (let n = 0; n < messages.count; n += 1) {
        const text = JSON.stringify({ n: this.#messages, at: clock.now(), value: this.#random.fraction() });
        writer.put('gauge', 'readings', terms, new TextEncoder().encode(text.padEnd(messages.bytes)));
        this.#messages += 1;
      }
      clock.after(messages.everySeconds * 1000, again);
    };
    clock.after(messages.everySeconds * 1000, again);
  }

  #note(clock: Clock, logbook: Logbook): void {
    const { entries } = this.#terms;
    if (entries === undefined) return;
    let count = 0;
    const again = (): void => {
      count += 1;
      logbook.note(`KIND_${count % 5}`, `something of which there were ${count} by then happened to it`);
      this.#messages += 1;
      clock.after(entries.everySeconds * 1000, again);
    };
    clock.after(entries.everySeconds * 500, again);
  }

  async live(): Promise<DayResult> {
    const { name, starts, connected } = this.#terms;
    for (const hour of connected) {
      if (hour > 0) this.time.at(this.time.now + hour * hourMs, () => this.#outbox?.connection(this.#isConnected));
    }
    for (let boot = 1; boot <= starts; boot += 1) {
      this.#start(boot);
      await this.time.runUntil(this.time.now + (daySeconds * 1000) / starts);
    }
    const counts = { messages: this.#messages, taken: this.#taken, batches: this.#batches, wireBytes: this.#wireBytes };
    return { name, ...counts, disk: this.#counted.counts };
  }
}

/** Lives a day. */
export function liveDay(dayTerms: DayTerms): Promise<DayResult> {
  return new Day(dayTerms).live();
}
