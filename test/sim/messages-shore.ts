/** A shore and devices that have messages for it: each process, disk and power may fail by itself. */
import { openMessageDoor } from '../../controller/doors/mqtt/message-door.ts';
import type { Image } from '../../controller/engine/image.ts';
import type { ChannelMarks } from '../../controller/engine/records.ts';
import { FileOutlet } from '../../controller/messages/file-outlet.ts';
import { Intake } from '../../controller/messages/intake.ts';
import { MessageFiles } from '../../controller/messages/message-files.ts';
import { OutletError } from '../../controller/messages/outlet.ts';
import { type CarriedOutcome, takeCarried } from '../../controller/messages/take-carried.ts';
import { WatchedOutlet } from '../../controller/messages/watched-outlet.ts';
import { openSqliteState } from '../../controller/state/sqlite/sqlite-state.ts';
import { type AboardWorld, answerAboard } from '../../device-agent/aboard/answer.ts';
import type { OutboxTerms } from '../../device-agent/outbox/files/outbox-port.ts';
import { OutboxWriter } from '../../device-agent/outbox/files/outbox-writer.ts';
import { Outbox } from '../../device-agent/outbox/outbox.ts';
import type { BusMessage, Clock } from '../../platform/ports.ts';
import type { SimTime } from '../../platform/simulated/clock.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import { decodeAnswer } from '../../schemas/batch-answer.ts';
import { signMessages } from '../../schemas/carried-messages.ts';
import type { MessagesOrder, Report, TakenMarks } from '../../schemas/generated/types.ts';
import { batchTopics, unpackBatch } from '../../schemas/message-batch.ts';
import { signReceipt } from '../../schemas/receipt.ts';
import { quietGuard, quietLog } from '../controller/doors/scene.ts';
import { openEngine } from '../controller/engine/test-engine.ts';
import { SimDisk } from './sim-disk.ts';
import { SimDoors } from './sim-doors.ts';
import { drawKey, type SimKey } from './sim-key.ts';
import { diskOf, type ProcessLife } from './sim-process.ts';

const hourMs = 3_600_000;
/** A channel that holds little, and not for long. */
export const shortTerms = { quotaBytes: 65_536, maxAgeSeconds: 5 * 86_400, drop: 'oldest' } as const;

/** The shore: what outlives its process are its disk and its database. */
export class Shore {
  readonly time: SimTime;
  readonly disk = new SimDisk();
  readonly devices = new Map<string, MonthDevice>();
  /** What it acknowledged: the last index of each segment. */
  readonly acknowledged: string[] = [];
  isFailing = false;
  readonly #state = openSqliteState(':memory:');
  #hear: (message: BusMessage) => void = () => {};
  #life: ProcessLife = { alive: false, onEnd: () => {} };
  #intake: Intake | undefined;
  #image: Image | undefined;

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
    [this.#intake, this.#image] = [intake, image];
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

  /** Up to where it has what a device had to say. */
  marksOf(device: string): ChannelMarks {
    return this.#image?.marks(device) ?? {};
  }

  /** Somebody brings messages to it. */
  async bring(order: MessagesOrder): Promise<CarriedOutcome> {
    const [intake, clock] = [this.#intake!, this.time.clock(this.#life)];
    const outcome = await takeCarried(order, {
      now: () => clock.now(),
      authorize: (device, fingerprint) =>
        this.devices.get(device)?.key.fingerprint === fingerprint
          ? 'ok'
          : { code: 'KEY_UNKNOWN', message: 'not its key' },
      markOf: (device, channel) => this.marksOf(device)[channel],
      take: (device, batch, carried) => intake.take(device, batch, carried),
    });
    // What it had already it acknowledged then; or it is of a disk that was put back, from after that.
    if (outcome.kind === 'taken' && outcome.messages > 0) {
      const { stream, segment, index, messages } = unpackBatch(Buffer.from(order.messages.batch, 'base64'));
      this.acknowledged.push(`${outcome.device} ${stream}-${segment}-${index + messages.length - 1}`);
    }
    return outcome;
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

/** Where programs aboard ask an agent. */
export const socket = '/agent.sock';

/** A device: an application that writes, and an agent that sends; each is a process. */
export class MonthDevice {
  readonly name: string;
  readonly key: SimKey;
  readonly doors = new SimDoors();
  disk = new SimDisk();
  readonly #shore: Shore;
  readonly #random: SimRandom;
  readonly #terms: OutboxTerms;
  /** Texts of messages that the outbox took, and how many it refused. */
  readonly written: string[] = [];
  refused = 0;
  #life: ProcessLife = { alive: false, onEnd: () => {} };
  #outbox: Outbox | undefined;
  #writer: OutboxWriter | undefined;
  isLinked = false;

  constructor(name: string, shore: Shore, random: SimRandom, terms: OutboxTerms = shortTerms) {
    this.name = name;
    this.key = drawKey(random.stream('key'));
    this.#terms = terms;
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
    this.#openDoor(ports.clock);
  }

  /** Programs aboard ask it for what is to be carried. */
  #openDoor(clock: Clock): void {
    const at = (): string => new Date(clock.now()).toISOString();
    const pace = { waitMs: () => 0, spend: () => {} };
    const world: Partial<AboardWorld> = {
      ...{ device: this.name, nowMs: () => clock.now(), receiptPace: pace, messagesPace: pace },
      carriedReport: () => ({ at: at() }) as Report,
      signReceipt: (report) => signReceipt(this.name, report, this.key.pem),
      carriedMessages: (after) => this.#outbox!.carried(after),
      signMessages: (claim) => signMessages(claim, this.key.pem),
    };
    void this.doors.open(socket, (line) => answerAboard(line, world as AboardWorld));
  }

  /** It takes a bundle with the shore's word for what it has. */
  hearWord({ channels }: TakenMarks): void {
    if (this.#life.alive) this.#outbox!.taken(channels);
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
    const put = this.#writer!.put('gauge', 'readings', this.#terms, new TextEncoder().encode(text));
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
