/**
 * Cuts the power after every single disk operation of a channel's life, with what was not synced lost, kept, or drawn for each
 * change by itself; then goes on, with each process in segments of its own, or in those of the one before. No number may ever stand for two messages, and what was durable before the cut must reach the
 * shore, in order.
 */
import test, { type ExecutionContext } from 'ava';
import { ChannelBacklog } from '../../device-agent/outbox/channel-backlog.ts';
import { ChannelWriter } from '../../device-agent/outbox/files/channel-writer.ts';
import { SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import { type Fate, keepAll, loseAll } from '../sim/disk-crash.ts';
import { PowerCut, SimDisk } from '../sim/sim-disk.ts';

const directory = '/state/outbox/gauge/readings';
const terms = { quotaBytes: 65_536, maxAgeSeconds: 86_400, drop: 'oldest' } as const;

/** A shore that remembers what stood for what. */
class Shore {
  readonly said = new Map<string, string>();
  readonly order: number[] = [];

  hear(t: ExecutionContext, id: string, text: string, where: string): void {
    const before = this.said.get(id);
    if (before !== undefined && before !== text) t.fail(`${where}: ${id} was ${before} and is ${text}`);
    if (before === undefined) this.order.push(Number.parseInt(text, 10));
    this.said.set(id, text);
  }
}

/** Where a process begins to write: in a segment of its own, or where the one before ended. */
type Begin = 'anew' | 'goes on';

class Life {
  readonly #begin: Begin;
  readonly disk = new SimDisk();
  readonly time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  readonly shore = new Shore();
  /** Numbers of messages that were durable at some time. */
  readonly durable = new Set<number>();
  #written = 0;
  /** Those that were taken since the power came. */
  readonly #fresh = new Set<number>();
  readonly #random = new SimRandom(5);

  constructor(begin: Begin) {
    this.#begin = begin;
  }

  #ports() {
    return { disk: this.disk, clock: this.time.clock({ alive: true }), random: this.#random };
  }

  /** Two processes write, one after the other, and the shore takes a part of it in between. */
  story(t: ExecutionContext, where: string): void {
    const backlog = new ChannelBacklog(directory, this.disk, this.#ports().clock);
    for (let process = 0; process < 3; process += 1) {
      const writer = new ChannelWriter(directory, terms, this.#ports());
      if (this.#begin === 'goes on') writer.goOn();
      for (let n = 0; n < 3; n += 1) {
        this.#write(writer);
        this.#write(writer);
        this.#look(backlog);
        if (n !== 1) this.send(t, backlog, 1 + n, where);
      }
    }
  }

  #write(writer: ChannelWriter): void {
    this.#written += 1;
    const message = new TextEncoder().encode(`${this.#written} ${'x'.repeat(5_000)}`);
    if (writer.put(message) === 'taken') this.#fresh.add(this.#written);
  }

  #look(backlog: ChannelBacklog): void {
    backlog.look();
    for (const number of this.#fresh) this.durable.add(number);
  }

  send(t: ExecutionContext, backlog: ChannelBacklog, batchesMax: number, where: string): void {
    for (let n = 0; n < batchesMax; n += 1) {
      const batch = backlog.next(6_000, 4);
      if (batch === undefined) return;
      const { segment, index } = batch.first;
      const stream = Buffer.from(batch.stream).toString('hex');
      for (const [at, { message }] of batch.messages.entries()) {
        this.shore.hear(t, `${stream}/${segment}/${index + at}`, new TextDecoder().decode(message), where);
      }
      backlog.taken(batch.stream, { segment, index: index + batch.messages.length - 1 });
    }
  }

  /** Runs until the power goes; whether it never went. */
  until(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      return false;
    }
  }

  restart(fate: Fate): void {
    this.disk.crash(fate);
    this.#fresh.clear();
    this.disk.restart();
  }
}

function crashAt(t: ExecutionContext, begin: Begin, operations: number, fate: Fate): boolean {
  const where = `power cut after operation ${operations}`;
  const life = new Life(begin);
  life.disk.makeDirectory('/state');
  life.disk.syncDirectory('/');
  life.disk.crashAfter(operations);
  const isOver = life.until(() => life.story(t, where));
  life.restart(fate);
  // It goes on as if nothing had been, and then all is sent.
  life.story(t, where);
  const backlog = new ChannelBacklog(directory, life.disk, life.time.clock({ alive: true }));
  backlog.look();
  life.send(t, backlog, 1_000, where);
  const { order } = life.shore;
  t.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
    `${where}: out of order`,
  );
  const { dropped } = backlog.counts();
  const missing = [...life.durable].filter((number) => !order.includes(number));
  t.true(
    missing.length <= dropped,
    `${where}: ${missing.join(' ')} were durable and did not arrive; ${dropped} dropped`,
  );
  return isOver;
}

function drawn(seed: number): Fate {
  const random = new SimRandom(seed);
  return () => random.fraction();
}

const fates: Readonly<Record<string, (operations: number) => Fate>> = {
  lost: () => loseAll,
  kept: () => keepAll,
  'drawn for each': (operations) => drawn(operations),
  'drawn otherwise': (operations) => drawn(1_000 + operations),
};

for (const begin of ['anew', 'goes on'] as const) {
  for (const [how, fateOf] of Object.entries(fates)) {
    test(`after a power cut at any disk operation of a channel whose writer ${begin === 'anew' ? 'begins anew' : begin}, with what was not synced ${how}, no number stands for two messages and nothing durable is missing`, (t) => {
      let operations = 1;
      while (!crashAt(t, begin, operations, fateOf(operations))) operations += 1;
      t.true(operations > 60, `${operations}`);
    });
  }
}
