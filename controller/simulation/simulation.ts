/** What is simulated, and what one run of it comes to. Plain data; times of runs in milliseconds since the commit came into force. */
import type { KeptRow } from '../../schemas/generated/types.ts';
import type { ContactHabit } from './contacts.ts';
import type { Load } from './light-fetch.ts';
import type { LinkUsed } from './light-links.ts';
import type { SimulatedCommit } from './simulated-controller.ts';
import type { Wait } from './waits.ts';

/** A device that gets something else by the commit, and what it has to fetch for that. */
export interface ChangingDevice {
  readonly device: string;
  readonly fleet: string;
  readonly loads: readonly Load[];
}

/** What a controller told of itself. */
export interface ToldState {
  readonly rows: readonly KeptRow[];
  /** Of the key that it signs with. */
  readonly keyId: string;
}

export interface Simulation {
  /** What is in force at the beginning; absent where the commit is the first. */
  readonly base?: SimulatedCommit;
  /** Where the controller stands that has the base in force; where nobody told, all devices run the base. */
  readonly told?: ToldState;
  /** The base itself where nothing new comes into force. */
  readonly next: SimulatedCommit;
  /** Of those with devices that are to change, or a rollout that is under way. */
  readonly fleets: readonly string[];
  readonly changes: readonly ChangingDevice[];
  /** What a device took of the budgets of its links before. */
  readonly usedOf: (device: string) => readonly LinkUsed[];
  /** When the commit comes into force, in milliseconds since the epoch. */
  readonly startMs: number;
  /** What is not over by then is not waited for. */
  readonly horizonMs: number;
  /** Of the updates so many fail, in [0, 1]. */
  readonly failShare: number;
  /** From where a wave waits for somebody's yes to where it has it. */
  readonly approveAfterMs: number;
  /** From where a device asks for consent to where it is given. */
  readonly consentAfterMs: number;
  /** Of the time so much conditions are true, in [0, 1]. */
  readonly whenTrueShare: number;
  /** Of the devices of a site, which come into contact together, or of one without a site. */
  readonly habitOf: (place: string) => ContactHabit;
}

/** Absent is what did not come to pass; negative what did before the beginning. */
export interface WaveRun {
  readonly wave: string;
  /** It had passed before the beginning. */
  readonly isPast?: true;
  readonly startMs?: number;
  readonly endMs?: number;
}

/** What devices waited for besides a link; the longest of them all in all. */
export interface WaitRun extends Wait {
  readonly devices: number;
  readonly longestMs: number;
}

export interface FleetRun {
  readonly fleet: string;
  /** `under-way`: when the horizon came. */
  readonly outcome: 'done' | 'halted' | 'under-way';
  /** Why it was halted. */
  readonly reason?: string;
  /** In order; none where the change goes to all at once. */
  readonly waves: readonly WaveRun[];
  /** Devices that are to change. */
  readonly devices: number;
  /** Those of which the shore knows that they run it at the end, and that they gave it up. */
  readonly updated: number;
  readonly failed: number;
  /** When the shore knew it of the last of all that are to change. */
  readonly allMs?: number;
  /** Of these, sorted by what is waited for. */
  readonly waits: readonly WaitRun[];
}

export interface LinkRun {
  /** Absent where sites tell of none. */
  readonly link?: string;
  readonly currency?: string;
  readonly bytes: number;
  readonly price: number;
}

export interface SimulatedRun {
  readonly seed: number;
  readonly endMs: number;
  readonly fleets: readonly FleetRun[];
  /** Sorted by link. */
  readonly links: readonly LinkRun[];
}

/** The place of a device, by which it comes into contact. */
export function placeOf({ name, site }: { readonly name: string; readonly site?: string }): string {
  return site ?? name;
}
