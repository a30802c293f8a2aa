/** What became of one device in a rollout. Nothing of it depends on the time: patience is asked of waves, not of devices. */
import { isFailing, isReference, isWithheld, type ObservedDevice, type ReportGist } from '../observed.ts';
import { tookAnother } from '../plan-device.ts';
import type { Rollout } from './rollout.ts';

/** How far a device is with the newest deployment that it was issued, whichever that is. */
export type Progress =
  | 'unissued'
  /** Not heard since it was issued: nobody knows. */
  | 'unheard'
  | 'heard'
  | 'staged'
  | 'probation'
  | 'settled'
  /** It was kept from it before it took it, and was heard since: it runs what it ran before. */
  | 'withheld'
  /** It refused it or gave it up, and runs what it ran before. */
  | 'back'
  /** It has it and does badly, or gave it up and runs nothing. */
  | 'down';

/** A device of a fleet with a rollout. */
export interface DeviceInRollout {
  /** The index of its wave, as the policy's waves are drawn now. */
  readonly wave: number;
  /** Which definition its newest deployment was drawn from; `other` is one that is neither, or nobody knows which. */
  readonly on: 'target' | 'good' | 'other' | 'nothing';
  readonly isHeld: boolean;
  /** The target asks nothing else of it than what it was issued by another definition, or than what was good, which it is on. */
  readonly isUnchanged?: true;
  /** It is to go back, and what was good can't be drawn for it. */
  readonly lacksGood?: true;
  /** Its hold names releases: it is on nothing of its fleet's, whatever that comes to. */
  readonly isPinned?: true;
  /** Of the budget; absent when there is none, or the device has no such label or site. */
  readonly group?: string;
  readonly observed: ObservedDevice;
}

/** Where it stands as the rollout counts it; one that was not offered the target waits. */
export type Fate =
  | 'waiting'
  | 'held'
  | 'dark'
  | 'contacted'
  | 'staged'
  | 'probation'
  | 'updated'
  /** It ran what the target asks of it before: that shows nothing of the target. */
  | 'unchanged'
  | 'failed';

/** All of them, in the order in which a device passes through. */
export const fates: readonly Fate[] = [
  'waiting',
  'held',
  'dark',
  'contacted',
  'staged',
  'probation',
  'updated',
  'unchanged',
  'failed',
];

/** It is through with the newest that it has seen: runs that, or what it ran before it gave that up, well. */
function isThere({ running, target, problem, phase, highestSequence, applications }: ReportGist): boolean {
  if (running === undefined || target !== undefined || phase !== 'active' || applications.some(isFailing)) return false;
  return running.sequence === highestSequence || problem?.sequence === highestSequence;
}

/** How far it is by what it said last; what changes nothing that runs is never on its way, and what runs may do badly meanwhile. */
export function progressOf(observed: ObservedDevice): Progress {
  const said = saidOf(observed);
  const isMoving = said === 'unheard' || said === 'heard' || said === 'staged' || said === 'probation';
  if (!isMoving || observed.issued?.goesOn !== true) return said;
  return observed.report?.applications.some(isFailing) ? 'down' : 'settled';
}

/** What was on its way to it when it was withheld may come to it all the same, and it tells of that at once. */
const crossingMs = 60_000;

function withheldProgress({ contactAt, withheldAt = 0 }: ObservedDevice): Progress {
  return contactAt !== undefined && contactAt >= withheldAt + crossingMs ? 'withheld' : 'unheard';
}

function saidOf(observed: ObservedDevice): Progress {
  const { issued, report, contactAt } = observed;
  if (issued === undefined) return 'unissued';
  if (isWithheld(observed)) return withheldProgress(observed);
  if (report !== undefined && tookAnother(observed)) return isThere(report) ? 'settled' : 'heard';
  if (report !== undefined && isReference(report.running, issued)) {
    if (report.phase !== 'active') return 'probation';
    return report.applications.some(isFailing) ? 'down' : 'settled';
  }
  if (report !== undefined && isReference(report.target, issued)) {
    if (report.phase === 'staged') return 'staged';
    return report.phase === 'activating' || report.phase === 'probation' ? 'probation' : 'heard';
  }
  const { problem, highestSequence = 0, running } = report ?? {};
  if (problem?.sequence === issued.sequence || highestSequence === issued.sequence) {
    return running === undefined ? 'down' : 'back';
  }
  return contactAt !== undefined && contactAt >= issued.issuedAt ? 'heard' : 'unheard';
}

/** How often somebody said that what failed shall be tried again; failures of what was issued before count no more. */
export function retriesOf({ retries = 0 }: Pick<Rollout, 'retries'>): number {
  return retries;
}

const fateOn: Readonly<Record<Progress, Fate>> = {
  unissued: 'waiting',
  unheard: 'dark',
  heard: 'contacted',
  staged: 'staged',
  probation: 'probation',
  settled: 'updated',
  withheld: 'waiting',
  back: 'failed',
  down: 'failed',
};

/** Of one that was offered the target, and for all that is known has not switched over to it. */
export function isOffered(fate: Fate): boolean {
  return fate === 'dark' || fate === 'contacted' || fate === 'staged';
}

/** Whether it was offered what it was issued last, and for all that is known has not switched over to it. */
export function isUnderWay(observed: ObservedDevice): boolean {
  return isOffered(fateOn[progressOf(observed)]);
}

/** Of what was issued before somebody tried again the last time. */
function isBeforeRetry({ issued }: ObservedDevice, retries: number): boolean {
  return issued !== undefined && retriesOf(issued) < retries;
}

/** Whether it failed before somebody tried again, and was not offered the target anew: nothing better is known of it. */
export function waitsForRetry({ on, isHeld, observed }: DeviceInRollout, retries: number): boolean {
  if (on !== 'target' || isHeld || isWithheld(observed)) return false;
  return fateOn[progressOf(observed)] === 'failed' && isBeforeRetry(observed, retries);
}

/** Its fate; `retries` are those of the rollout: never by the clock, which may be set back. */
export function fateOf({ on, isHeld, isUnchanged, observed }: DeviceInRollout, retries: number): Fate {
  const isElsewhere = on !== 'target' && !(isUnchanged === true && progressOf(observed) === 'settled');
  if (isElsewhere || isWithheld(observed)) return isHeld ? 'held' : 'waiting';
  const fate = fateOn[progressOf(observed)];
  // It is not asked to take it any more.
  if (isHeld && isOffered(fate)) return 'held';
  if (fate === 'updated' && isUnchanged === true) return 'unchanged';
  if (fate !== 'failed' || !isBeforeRetry(observed, retries)) return fate;
  return isHeld ? 'held' : 'waiting';
}
