/** How a device without an agent fetches: at the rate of its link, while there is one, in its windows and in the hours of the link; what breaks off goes on from there. */
import type { Opening } from '../../device-agent/interlocks/opening.ts';
import type { SimTime } from '../../platform/simulated/clock.ts';
import type { Window } from '../../schemas/generated/types.ts';
import type { Contacts } from './contacts.ts';

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
}

/** What stands between a device and what it fetches. */
export interface Road {
  readonly time: SimTime;
  readonly contacts: Contacts;
  /** Whether one of these windows is open. */
  readonly openingOf: (windows: readonly Window[], now: number) => Opening;
  /** A module came. */
  readonly onLoad: (load: Load) => void;
}

/** Whether it may go on, and until when that stays so. */
interface Stretch {
  readonly isOpen: boolean;
  readonly until: number;
}

function inWindows({ time, openingOf }: Road, windows: readonly Window[] | undefined): Stretch {
  if (windows === undefined) return { isOpen: true, until: Number.POSITIVE_INFINITY };
  const opening = openingOf(windows, time.now);
  switch (opening.kind) {
    case 'open':
      return { isOpen: true, until: opening.untilMs };
    case 'closed':
      return { isOpen: false, until: opening.opensAtMs };
    case 'never':
      return { isOpen: false, until: Number.POSITIVE_INFINITY };
    default:
      return opening satisfies never;
  }
}

/** Both have to be open. */
function together(left: Stretch, right: Stretch): Stretch {
  if (!left.isOpen || !right.isOpen) {
    return { isOpen: false, until: Math.max(left.isOpen ? 0 : left.until, right.isOpen ? 0 : right.until) };
  }
  return { isOpen: true, until: Math.min(left.until, right.until) };
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

/** Calls back in the first window; at once without any. */
export function whenOpen(road: Road, windows: readonly Window[] | undefined, then: () => void): Disposable {
  const going = new Going(road.time);
  const { isOpen, until } = inWindows(road, windows);
  going.at(isOpen ? road.time.now : until, then);
  return going;
}

/** Brings one after the other, then calls back. */
export function carry(
  road: Road,
  loads: readonly Load[],
  windows: readonly Window[] | undefined,
  then: () => void,
): Disposable {
  const { time, contacts, onLoad } = road;
  const going = new Going(time);
  const bring = (index: number, leftMs: number): void => {
    const { isUp, until: upUntil } = contacts.at(time.now);
    const inHours = together(inWindows(road, windows), inWindows(road, loads[index]!.hours));
    const { isOpen, until } = together(inHours, { isOpen: isUp, until: upUntil });
    const hereMs = isOpen ? until - time.now : 0;
    if (hereMs < leftMs) return going.at(until, () => bring(index, leftMs - hereMs));
    going.at(time.now + leftMs, () => {
      onLoad(loads[index]!);
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
