/** One update over one link, from the moment at which it could come to the moment at which the shore knows that it is there. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../schemas/generated/types.ts';
import { eventually } from '../end-to-end/processes.ts';
import type { Lane } from './lane.ts';
import type { Sent } from './ledger.ts';
import { LinkProgram } from './link-program.ts';
import type { Link } from './links.ts';
import { meeting, Networks } from './namespaces.ts';
import { ShoreAndDevice } from './shore-and-device.ts';

/** What became of an update over a link. */
export interface Passage extends Sent {
  readonly link: string;
  /** From the first moment at which the link could carry it until it ran for good; absent where it never did. */
  readonly doneMs?: number;
  /** Why not, for people. */
  readonly lack?: string;
  /** Times at which the link was there until then, and how many of them could have done. */
  readonly contacts: number;
  readonly contactsNeeded: number;
  /** What of the new release had to travel. */
  readonly neededBytes: number;
  /** What the device took of artifacts and metadata, as it counts: more than these need where something came twice. */
  readonly takenBytes: number;
  /** How long the shore had not heard of it after it ran. */
  readonly behindMs?: number;
}

/** A good link, for what comes before. */
const workshop: Lane = { delayMs: 1, lostShare: 0, bytesPerSecond: 10_000_000, queueMs: 1_000 };

const readyMsMax = 60_000;
/** How long it is waited for that the shore hears of it. */
const heardMsMax = 30 * 60_000;

/** The link goes up and down, and with it, where that is so, the device. */
class Timetable {
  readonly #link: Link;
  readonly #program: LinkProgram;
  readonly #world: ShoreAndDevice;
  #contacts = 1;
  #timer: NodeJS.Timeout | undefined;
  #turning: Promise<void> = Promise.resolve();

  constructor(link: Link, program: LinkProgram, world: ShoreAndDevice) {
    this.#link = link;
    this.#program = program;
    this.#world = world;
    if (link.contacts !== undefined) this.#after(link.contacts.upMs, () => this.#fall(link.contacts!));
  }

  get contacts(): number {
    return this.#contacts;
  }

  #after(ms: number, turn: () => Promise<void>): void {
    this.#timer = setTimeout(() => {
      this.#turning = turn();
    }, ms);
  }

  async #fall({ upMs, darkMs }: { readonly upMs: number; readonly darkMs: number }): Promise<void> {
    this.#program.set(false);
    this.#after(darkMs, () => this.#rise({ upMs, darkMs }));
    if (this.#link.isPower) await this.#world.killAgent();
  }

  async #rise({ upMs, darkMs }: { readonly upMs: number; readonly darkMs: number }): Promise<void> {
    this.#contacts += 1;
    this.#after(upMs, () => this.#fall({ upMs, darkMs }));
    this.#program.set(true);
    if (this.#link.isPower) await this.#world.startAgent();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#turning;
  }
}

/** Whether it runs a deployment, be it on probation. */
function runs({ running }: Partial<Report>, sequence: number): boolean {
  return running?.sequence === sequence;
}

/** The first release runs over a good link, the second is issued, and the link is down: it has not brought anything of it. */
async function prepare(link: Link, program: LinkProgram, world: ShoreAndDevice): Promise<number> {
  await world.startAgent();
  await eventually('the first release', readyMsMax, async () => (await world.told())?.state === 'running' || undefined);
  if (link.isNew || link.isPower) await world.killAgent();
  program.set(false);
  program.become(link.lane, link.packetBytesMax === undefined ? {} : { packetBytesMax: link.packetBytesMax });
  const revision = await world.release(link.freshBytes);
  const issued = await eventually('the second release', readyMsMax, async () => {
    const { desired } = (await world.told()) ?? {};
    return desired?.revision === revision ? desired : undefined;
  });
  if (link.contacts !== undefined) await sleep(link.contacts.darkMs);
  return issued.sequence;
}

/** How many times the link has to be there for so many bytes. */
function contactsNeeded({ contacts, lane }: Link, bytes: number): number {
  return contacts === undefined ? 1 : Math.ceil((bytes * 1000) / (lane.bytesPerSecond * contacts.upMs));
}

/** What keeps it from having come, in the words of the device and of the shore. */
async function lackOf(world: ShoreAndDevice): Promise<string> {
  const { report, trouble } = world.truth() ?? {};
  const own = [report?.phase, report?.problem?.message, trouble?.message].filter((text) => text !== undefined);
  return `device: ${own.join('; ')}; shore: ${(await world.told())?.reason.message}`;
}

function takenBy(world: ShoreAndDevice): number {
  return world.truth()?.report.bytesReceivedTotal ?? 0;
}

async function pass(link: Link, program: LinkProgram, world: ShoreAndDevice): Promise<Passage> {
  const sequence = await prepare(link, program, world);
  const takenBefore = takenBy(world);
  program.ledger.restart();
  program.set(true);
  if (link.isNew || link.isPower) await world.startAgent();
  const startMs = performance.now();
  const timetable = new Timetable(link, program, world);
  try {
    const isDone = () => runs(world.truth()?.report ?? {}, sequence) || undefined;
    const isLate = await eventually('the update', link.waitMs, isDone).then(
      () => false,
      () => true,
    );
    const doneMs = performance.now() - startMs;
    const { contacts } = timetable;
    if (isLate) {
      const lack = await lackOf(world);
      return {
        link: link.name,
        lack,
        contacts,
        contactsNeeded: 1,
        neededBytes: 0,
        takenBytes: takenBy(world) - takenBefore,
        ...program.ledger.sent,
      };
    }
    await eventually(
      'the shore to hear',
      heardMsMax,
      async () => runs((await world.told())?.report ?? {}, sequence) || undefined,
    );
    const behindMs = performance.now() - startMs - doneMs;
    // Of the module's way alone: what else it takes to come is what is measured.
    const neededBytes = (world.truth()?.report.downloads ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
    const takenBytes = takenBy(world) - takenBefore;
    const times = { doneMs, behindMs, contacts, contactsNeeded: contactsNeeded(link, neededBytes) };
    return { link: link.name, ...times, neededBytes, takenBytes, ...program.ledger.sent };
  } finally {
    await timetable.stop();
  }
}

/** Leads an update over a link, in a process that was started by `ownNetwork`; what it needs lies below `directory`. */
export async function leadOverLink(link: Link, directory: string): Promise<Passage> {
  const networks = await Networks.open();
  const program = await LinkProgram.start(meeting, workshop);
  const stopping = new AbortController();
  try {
    const world = await ShoreAndDevice.open(directory, networks, stopping.signal);
    try {
      return await pass(link, program, world);
    } finally {
      await world.stop();
    }
  } finally {
    stopping.abort();
    program.stop();
    networks.close();
  }
}
