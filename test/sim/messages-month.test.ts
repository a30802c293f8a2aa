/**
 * A month of two devices whose links, agents, powers and shore come and go. What the shore acknowledged is in its files, under
 * one id each; where no power was cut, every message came out or was counted as dropped.
 */
import test, { type ExecutionContext } from 'ava';
import { openMessageDoor } from '../../controller/doors/mqtt/message-door.ts';
import { FileOutlet } from '../../controller/messages/file-outlet.ts';
import { Intake } from '../../controller/messages/intake.ts';
import { MessageFiles } from '../../controller/messages/message-files.ts';
import { OutletError } from '../../controller/messages/outlet.ts';
import { WatchedOutlet } from '../../controller/messages/watched-outlet.ts';
import { openSqliteState } from '../../controller/state/sqlite/sqlite-state.ts';
import { OutboxWriter } from '../../device-agent/outbox/files/outbox-writer.ts';
import { Outbox } from '../../device-agent/outbox/outbox.ts';
import type { BusMessage } from '../../platform/ports.ts';
import { SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import { decodeAnswer } from '../../schemas/batch-answer.ts';
import { batchTopics } from '../../schemas/message-batch.ts';
import { quietGuard, quietLog } from '../controller/doors/scene.ts';
import { openEngine } from '../controller/engine/test-engine.ts';
import { PowerCut, SimDisk } from './sim-disk.ts';
import { diskOf, type ProcessLife } from './sim-process.ts';

const days = 30;
const hourMs = 3_600_000;
const spellMs = 6 * 60_000;
const terms = { quotaBytes: 65_536, maxAgeSeconds: 5 * 86_400, drop: 'oldest' } as const;

const isCut = (error: unknown): boolean => error instanceof PowerCut;

/** The shore: what outlives its process are its disk and its database. */
class Shore {
  readonly time: SimTime;
  readonly disk = new SimDisk();
  readonly devices = new Map<string, MonthDevice>();
  /** What it acknowledged: the last index of each segment. */
  readonly acknowledged: string[] = [];
  isFailing = false;
  readonly #state = openSqliteState(':memory:');
  #hear: (message: BusMessage) => void = () => {};
  #life: ProcessLife = { alive: false, onEnd: () => {} };

  constructor(time: SimTime) {
    this.time = time;
  }

  get isUp(): boolean {
    return this.#life.alive;
  }

  async start(): Promise<void> {
    const life: ProcessLife = { alive: true, onEnd: () => this.end() };
    this.#life = life;
    const clock = this.time.clock(life);
    const disk = diskOf(life, this.disk);
    const { engine, image } = await openEngine({ state: this.#state, clock });
    const filesTerms = { fileBytes: 50_000, fileMs: 24 * hourMs, bytesMax: 2 ** 30, whenFull: 'wait' } as const;
    const files = new MessageFiles({ directory: '/messages', ...filesTerms }, disk, clock);
    files.mend();
    const outlet = new FileOutlet({ clock, files: { append: (lines) => this.#append(files, lines) } });
    const intake = new Intake({
      ...{ clock, outlets: [new WatchedOutlet(outlet, { clock, log: quietLog })] },
      markOf: (device, channel) => image.marks(device)[channel],
      note: (device, channel, mark) => engine.ask({ kind: 'messages-taken', device, channel, mark }),
    });
    await openMessageDoor({
      bus: {
        subscribe: async (_filter, handler) => {
          this.#hear = handler;
        },
      },
      ...{ guard: quietGuard, clock, knows: () => true, onRefusal: () => {} },
      take: (device, batch) => intake.take(device, batch),
      say: async ({ topic, payload }) => {
        if (life.alive) this.#say(topic, payload);
      },
    });
  }

  #append(files: MessageFiles, lines: Uint8Array): void {
    if (this.isFailing) throw new OutletError('FILES_NO_SPACE', 'the disk is full');
    files.append(lines);
  }

  #say(topic: string, payload: Uint8Array): void {
    const device = topic.split('/')[1]!;
    const answer = decodeAnswer(payload);
    if (answer !== undefined && 'taken' in answer) {
      this.acknowledged.push(`${device} ${answer.stream}-${answer.taken.segment}-${answer.taken.index}`);
    }
    this.devices.get(device)?.hear(payload);
  }

  hear(device: string, payload: Uint8Array): boolean {
    if (this.isUp) this.#hear({ topic: batchTopics(device).out, payload, device });
    return this.isUp;
  }

  /** Its process is killed. */
  end(): void {
    this.#life.alive = false;
    for (const device of this.devices.values()) device.connect(false);
  }

  /** Messages in its files: by device and id, each time that one came out. */
  messages(): readonly { readonly key: string; readonly text: string }[] {
    return this.disk.list('/messages').flatMap((name) => {
      const text = Buffer.from(this.disk.readFile(`/messages/${name}`)).toString();
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => {
          const { device, id, text: said } = JSON.parse(line) as Record<string, string>;
          return { key: `${device} ${id}`, text: `${device} ${said}` };
        });
    });
  }
}

/** A device: an application that writes, and an agent that sends; each is a process. */
class MonthDevice {
  readonly name: string;
  readonly disk = new SimDisk();
  readonly #shore: Shore;
  readonly #random: SimRandom;
  /** Texts of messages that the outbox took, and how many it refused. */
  readonly written: string[] = [];
  refused = 0;
  #life: ProcessLife = { alive: false, onEnd: () => {} };
  #outbox: Outbox | undefined;
  #writer: OutboxWriter | undefined;
  isLinked = false;

  constructor(name: string, shore: Shore, random: SimRandom) {
    this.name = name;
    this.#shore = shore;
    this.#random = random;
    shore.devices.set(name, this);
  }

  /** It is switched on, or its processes are started again. */
  start(): void {
    this.#life.alive = false;
    const life: ProcessLife = { alive: true, onEnd: () => {} };
    this.#life = life;
    const ports = { disk: diskOf(life, this.disk), clock: this.#shore.time.clock(life), random: this.#random };
    this.#writer = new OutboxWriter('/outbox', ports);
    this.#outbox = new Outbox({
      ...{
        ...ports,
        log: quietLog,
        directory: '/outbox',
        own: { application: 'fleet-agent', channel: 'logbook', directory: '/logbook' },
        urgent: () => undefined,
        held: () => undefined,
        onChange: () => {},
      },
      send: async (part) => {
        await ports.clock.sleep(200);
        return this.isLinked && this.#shore.hear(this.name, part);
      },
    });
    this.#outbox.expect(true);
    this.#outbox.start();
    this.connect(this.isLinked);
  }

  stop(): void {
    this.#life.alive = false;
  }

  connect(isLinked: boolean): void {
    this.isLinked = isLinked && this.#shore.isUp;
    if (this.#life.alive) this.#outbox?.connection(this.isLinked);
  }

  hear(payload: Uint8Array): void {
    if (this.isLinked && this.#life.alive) this.#outbox?.answered(payload);
  }

  write(): void {
    if (!this.#life.alive) return;
    const text = `${this.written.length + this.refused} ${'x'.repeat(this.#random.integer(10, 1_500))}`;
    const put = this.#writer!.put('gauge', 'readings', terms, new TextEncoder().encode(text));
    if (put === 'taken') this.written.push(text);
    else this.refused += 1;
  }

  cutPower(): void {
    this.#life.alive = false;
    this.disk.crash(() => this.#random.fraction());
    this.disk.restart();
  }

  report() {
    return this.#outbox!.report()!;
  }
}

/** A while in which both devices are on, and whatever may go wrong does. */
async function day(shore: Shore, random: SimRandom): Promise<void> {
  const { time } = shore;
  const devices = [...shore.devices.values()];
  // What fails does so for some days.
  if (random.chance(0.3)) shore.isFailing = !shore.isFailing;
  for (const device of devices) device.start();
  for (let spell = 0; spell < 4; spell += 1) {
    if (!shore.isUp) {
      shore.disk.restart();
      await shore.start();
    }
    for (const device of devices) {
      device.connect(random.chance(0.6));
      for (let n = random.integer(0, 40); n > 0; n -= 1)
        time.at(time.now + random.integer(0, spellMs), () => device.write());
      if (random.chance(0.1)) time.at(time.now + random.integer(0, spellMs), () => device.start());
    }
    if (random.chance(0.15)) time.at(time.now + random.integer(0, spellMs), () => shore.end());
    if (random.chance(0.15)) shore.disk.crashAfter(random.integer(1, 60));
    await time.runUntil(time.now + spellMs);
  }
  for (const device of devices) device.stop();
  devices[1]!.cutPower();
  if (random.chance(0.3)) {
    shore.end();
    shore.disk.crash(() => random.fraction());
    shore.disk.restart();
  }
}

/** All is well for long enough. */
async function heal(shore: Shore): Promise<void> {
  shore.isFailing = false;
  if (!shore.isUp) {
    shore.disk.restart();
    await shore.start();
  }
  for (const device of shore.devices.values()) {
    device.start();
    device.connect(true);
  }
  await shore.time.runUntil(shore.time.now + 2 * hourMs);
}

function judge(t: ExecutionContext, shore: Shore): void {
  const texts = new Map<string, string>();
  for (const { key, text } of shore.messages()) {
    const before = texts.get(key) ?? text;
    t.is(before, text, `${key} is two messages`);
    texts.set(key, text);
  }
  t.is(new Set(texts.values()).size, texts.size, 'one message under two ids');
  for (const id of shore.acknowledged) t.true(texts.has(id), `${id} was acknowledged and is not there`);
  for (const { name, written } of shore.devices.values()) {
    const own = new Set(written.map((text) => `${name} ${text}`));
    for (const text of texts.values())
      t.true(!text.startsWith(`${name} `) || own.has(text), `${text} was never written`);
  }
}

test('over a month with cuts everything acknowledged came out, under one id, and what was dropped is counted', async (t) => {
  const random = new SimRandom(2);
  const shore = new Shore(new SimTime(Date.parse('2026-03-01T00:00:00Z')));
  const [steady, cut] = ['steady', 'cut'].map((name) => new MonthDevice(name, shore, random.stream(name)));
  for (let at = 0; at < days; at += 1) {
    try {
      await day(shore, random);
    } catch (error) {
      if (!isCut(error)) throw error;
    }
    await shore.time.runUntil(shore.time.now + 24 * hourMs - 4 * spellMs);
  }
  await heal(shore);
  judge(t, shore);
  const { messages, dropped } = steady!.report();
  const came = new Set(
    shore
      .messages()
      .filter(({ key }) => key.startsWith('steady '))
      .map(({ key }) => key),
  ).size;
  t.is(messages, 0);
  // What came and was dropped before its device heard so counts as both.
  const lost = steady!.written.length + steady!.refused - came;
  t.true(lost <= dropped && dropped < lost + came / 10, `${lost} did not come, ${dropped} were counted as dropped`);
  t.true(came > 100 && dropped > 0, `${came} came, ${dropped} were dropped`);
  t.is(cut!.report().messages, 0);
  t.log(`${came} of ${steady!.written.length} came, ${dropped} were dropped, ${shore.acknowledged.length} batches`);
});
