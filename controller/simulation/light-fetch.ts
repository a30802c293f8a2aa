/**
 * How a device without an agent fetches: at the rate of its link, while there is one, in its windows and while its condition is true, in
 * the hours of the link and within its budget; what breaks off goes on from there.
 */
import type { Opening } from '../../device-agent/interlocks/opening.ts';
import type { SimTime } from '../../platform/simulated/clock.ts';
import type { DeployedBudget, Window } from '../../schemas/generated/types.ts';
import type { Stretch as Turn } from './alternation.ts';
import type { Contacts } from './contacts.ts';
import type { LightLinks } from './light-links.ts';
import type { Wait } from './waits.ts';

/** Bytes over one link. */
export interface Load {
  /** Of its site; absent where its site tells of none. */
  readonly link?: string;
  readonly bytes: number;
  readonly ms: number;
  readonly price: number;
  readonly currency?: string;
  /** When modules go over the link; always without. */
  readonly hours?: readonly Window[];
  /** What each device may take of the link; any number of bytes without. */
  readonly budget?: DeployedBudget;
}

/** What stands between a device and what it fetches. */
export interface Road {
  readonly time: SimTime;
  readonly contacts: Contacts;
  readonly links: LightLinks;
  /** Whether conditions are true. */
  readonly conditions: (now: number) => Turn;
  /** Whether one of these windows is open. */
  readonly openingOf: (windows: readonly Window[], now: number) => Opening;
  /** A module came. */
  readonly onLoad: (load: Load) => void;
  /** What it waits for from now on; nothing without. */
  readonly onWait: (wait: Wait | undefined) => void;
}

/** What its deployment says of when something may be done. */
export interface Terms {
  /** At any time without. */
  readonly windows?: readonly Window[];
  readonly hasCondition: boolean;
  /** When somebody says yes; nobody has to without. */
  readonly yesAt?: number;
}

/** Whether it may go on, and until when that stays so. */
interface Stretch {
  readonly isOpen: boolean;
  readonly until: number;
  /** What it waits for while it is closed; nothing that an agent would tell where only the link is gone. */
  readonly wait?: Wait;
}

const always: Stretch = { isOpen: true, until: Number.POSITIVE_INFINITY };

function inWindows({ time, openingOf }: Road, windows: readonly Window[] | undefined, wait: Wait): Stretch {
  if (windows === undefined) return always;
  const opening = openingOf(windows, time.now);
  switch (opening.kind) {
    case 'open':
      return { isOpen: true, until: opening.untilMs };
    case 'closed':
      return { isOpen: false, until: opening.opensAtMs, wait };
    case 'never':
      return { isOpen: false, until: Number.POSITIVE_INFINITY, wait };
    default:
      return opening satisfies never;
  }
}

/** What a deployment says itself, in the order in which an agent tells it. */
function inTerms(road: Road, { windows, hasCondition, yesAt = 0 }: Terms): readonly Stretch[] {
  const { now } = road.time;
  const { isUp, until } = hasCondition ? road.conditions(now) : { isUp: true, until: Number.POSITIVE_INFINITY };
  return [
    yesAt <= now ? always : { isOpen: false, until: yesAt, wait: { code: 'CONSENT_NEEDED' } },
    inWindows(road, windows, { code: 'WINDOW' }),
    { isOpen: isUp, until, wait: { code: 'WHEN' } },
  ];
}

/** Open for as long as what is left of the budget lasts at the rate of the link, closed until there is another. */
function inBudget({ time: { now }, links }: Road, { link: name, budget, bytes, ms }: Load): Stretch {
  if (name === undefined || budget === undefined) return always;
  const room = links.room({ name, budget }, now);
  const spentAt = now + (room.bytes * ms) / bytes;
  // What lasts for no time that there is beside the date is nothing.
  if (spentAt === now) return { isOpen: false, until: room.until, wait: { code: 'LINK_BUDGET', link: name } };
  return { isOpen: true, until: Math.min(room.until, spentAt) };
}

function inContact({ time, contacts }: Road): Stretch {
  const { isUp, until } = contacts.at(time.now);
  return { isOpen: isUp, until };
}

/** All have to be open; the first that is closed is what is waited for. */
function together(stretches: readonly Stretch[]): Stretch {
  const closed = stretches.filter(({ isOpen }) => !isOpen);
  const [first] = closed;
  if (first === undefined) return { isOpen: true, until: Math.min(...stretches.map(({ until }) => until)) };
  return { ...first, until: Math.max(...closed.map(({ until }) => until)) };
}

/** What stands before a module. */
function before(road: Road, load: Load, terms: Terms): Stretch {
  const { link, hours } = load;
  return together([
    ...inTerms(road, terms),
    inBudget(road, load),
    inWindows(road, hours, { code: 'LINK_WINDOW', ...(link !== undefined && { link }) }),
    inContact(road),
  ]);
}

/** A stretch never lasts longer than the budget that it takes from. */
function take({ time, links }: Road, { link: name, budget, bytes, ms }: Load, hereMs: number): void {
  if (name !== undefined && budget !== undefined && hereMs > 0)
    links.take({ name, budget }, (bytes * hereMs) / ms, time.now);
}

/** Something that goes on until it has come to its end, or nobody wants it any more. */
class Going implements Disposable {
  readonly #time: SimTime;
  #timer: Disposable | undefined;

  constructor(time: SimTime) {
    this.#time = time;
  }

  at(moment: number, work: () => void): void {
    if (Number.isFinite(moment)) this.#timer = this.#time.at(moment, work);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }
}

/** Calls back in the first moment that all terms let through. */
export function whenOpen(road: Road, terms: Terms, then: () => void): Disposable {
  const going = new Going(road.time);
  const look = (): void => {
    const { isOpen, until, wait } = together(inTerms(road, terms));
    road.onWait(wait);
    if (isOpen) then();
    else going.at(until, look);
  };
  // Not before whoever asked for it has it.
  going.at(road.time.now, look);
  return going;
}

/** Brings one after the other, then calls back. */
export function carry(road: Road, loads: readonly Load[], terms: Terms, then: () => void): Disposable {
  const { time, onLoad, onWait } = road;
  const going = new Going(time);
  const bring = (index: number, leftMs: number): void => {
    const load = loads[index]!;
    const { isOpen, until, wait } = before(road, load, terms);
    onWait(wait);
    const hereMs = isOpen ? Math.min(leftMs, until - time.now) : 0;
    take(road, load, hereMs);
    if (hereMs < leftMs) return going.at(until, () => bring(index, leftMs - hereMs));
    going.at(time.now + leftMs, () => {
      onLoad(load);
      next(index + 1);
    });
  };
  const next = (index: number): void => {
    const load = loads[index];
    if (load === undefined) then();
    else bring(index, load.ms);
  };
  // Not before whoever asked for it has it.
  going.at(time.now, () => next(0));
  return going;
}
