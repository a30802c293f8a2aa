/** One update over one link, from the moment at which it could come to the moment at which the shore knows that it is there. */
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../schemas/generated/types.ts';
import { eventually } from '../end-to-end/processes.ts';
import type { Sent } from './ledger.ts';
import type { Link } from './links.ts';
import { namesPort } from './names.ts';
import { addresses } from './namespaces.ts';
import type { End } from './packet.ts';
import { openScene, type Scene } from './scene.ts';
import type { ShoreAndDevice } from './shore-and-device.ts';
import { Timetable } from './timetable.ts';
import { meddleOf } from './trouble.ts';

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
  /** How long the shore had not heard of it after it ran; absent where it never did. */
  readonly behindMs?: number;
}

/** On a machine with other work too. */
const readyMsMax = 180_000;
/** How long it is waited for that the shore hears of it. */
const heardMsMax = 30 * 60_000;

/** Whether it runs a deployment, be it on probation. */
export function runs({ running }: Partial<Report>, sequence: number): boolean {
  return running?.sequence === sequence;
}

/** The first release runs over a good link, the second is issued, and the link is down: the device has brought nothing of it. */
async function prepare(link: Link, { program, world }: Scene): Promise<number> {
  await world.startAgent();
  await eventually('the first release', readyMsMax, async () => (await world.told())?.state === 'running' || undefined);
  if (startsAnew(link)) await world.killAgent();
  program.set(false);
  if (link.isByName) world.knowByName();
  const revision = await world.release(link.freshBytes);
  const sequence = await eventually('the second release', readyMsMax, () => world.issued(revision));
  if (link.contacts !== undefined) await sleep(link.contacts.darkMs);
  return sequence;
}

function startsAnew({ isNew, isPower }: Link): boolean {
  return isNew === true || isPower === true;
}

/** The link is there, for the first time since. */
async function begin(link: Link, { program, world, networks, portal }: Scene): Promise<void> {
  const at = (port: number): End => `${addresses.shore}:${port}`;
  const ends = { controller: at(world.ports.controller), mqtt: at(world.ports.mqtt), names: at(namesPort) };
  const portalAt = portal === undefined ? '' : at((portal.address() as AddressInfo).port);
  const surroundings = { ends, portal: portalAt, sinceMs: performance.now() };
  program.become(link.lane, link.trouble === undefined ? undefined : meddleOf(link.trouble, surroundings));
  program.ledger.restart();
  program.set(true);
  if (startsAnew(link)) await world.startAgent();
  if (link.isProbing) networks.probe();
  if (link.trouble?.kind === 'moved') networks.moveDevice();
}

/** How many times the link has to be there for so many bytes. */
function contactsNeeded({ contacts, lane }: Link, bytes: number): number {
  return contacts === undefined ? 1 : Math.ceil((bytes * 1000) / (lane.bytesPerSecond * contacts.upMs));
}

/** What keeps it from having come, in the words of the device and of the shore. */
async function lackOf(world: ShoreAndDevice): Promise<string> {
  const { report, trouble } = world.truth() ?? {};
  const own = [report?.phase, report?.problem?.message, trouble?.message].filter((text) => text !== undefined);
  const shores = [(await world.told())?.reason.message, ...(await world.refusals())];
  return `device: ${own.join('; ')}; shore: ${shores.join('; ')}`;
}

function takenBy(world: ShoreAndDevice): number {
  return world.truth()?.report.bytesReceivedTotal ?? 0;
}

/** Whether it comes within that time. */
function comes(timeoutMs: number, look: () => true | undefined | Promise<true | undefined>): Promise<boolean> {
  return eventually('what may come', timeoutMs, look).catch(() => false);
}

async function pass(link: Link, scene: Scene): Promise<Passage> {
  const { program, world } = scene;
  const sequence = await prepare(link, scene);
  const takenBefore = takenBy(world);
  await begin(link, scene);
  const startMs = performance.now();
  const timetable = new Timetable(link, program, world);
  try {
    const isDone = () => runs(world.truth()?.report ?? {}, sequence) || undefined;
    const isLate = !(await comes(link.waitMs, isDone));
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
    const isHeard = async () => runs((await world.told())?.report ?? {}, sequence) || undefined;
    const isUnheard = !(await comes(heardMsMax, isHeard));
    const behind = isUnheard ? {} : { behindMs: performance.now() - startMs - doneMs };
    // Of the module's way alone: what else it takes to come is what is measured.
    const neededBytes = (world.truth()?.report.downloads ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
    const takenBytes = takenBy(world) - takenBefore;
    const times = { doneMs, ...behind, contacts, contactsNeeded: contactsNeeded(link, neededBytes) };
    return { link: link.name, ...times, neededBytes, takenBytes, ...program.ledger.sent };
  } finally {
    await timetable.stop();
  }
}

/** Leads an update over a link, in a process that was started by `ownNetwork`; what it needs lies below `directory`. */
export async function leadOverLink(link: Link, directory: string): Promise<Passage> {
  await using stage = await openScene(link, directory);
  return await pass(link, stage.scene);
}
