/**
 * Where one fleet is on its way from one definition to another:
 *
 *     running ──► done
 *     │  ▲  ▲
 *     │  │  └─ resume ─ paused
 *     │  └──── retry ── halted
 *     └──► halted, or reverting ──► halted, with all devices at the good one
 *
 * Plain data: a row of the state. Times in milliseconds since the epoch.
 */

import type { Reason } from '../../../schemas/generated/types.ts';

/** Something that an operator did to a rollout. */
export interface RolloutAct {
  readonly at: number;
  readonly who: string;
  readonly act: 'pause' | 'resume' | 'approve' | 'abort' | 'retry' | 'allow-whole';
  readonly why: string;
}

/** Acts that are kept of a rollout; the oldest are dropped. */
export const actsMax = 50;

/** Something that happened to a rollout, by itself or by an act. */
export interface RolloutEvent extends Pick<Reason, 'code' | 'message'> {
  readonly at: number;
}

/** As of acts. */
export const eventsMax = 50;

export interface Rollout {
  readonly fleet: string;
  /** Counts the rollouts of a fleet. */
  readonly number: number;
  /** The hash of the definition that devices go to. */
  readonly target: string;
  /** Of the one that was completed last; without it there is nothing to go back to. */
  readonly good?: string;
  /** The commit that wants the target. */
  readonly revision: string;
  readonly subject: string;
  readonly startedAt: number;
  readonly state: 'running' | 'paused' | 'halted' | 'reverting' | 'done';
  /** The index of the wave that is open; those before it are open too. */
  readonly wave: number;
  /** Of one that is reverted, when that began. */
  readonly waveStartedAt: number;
  /** The last wave that started with all deltas to what it brings, or without them when patience was over. */
  readonly readyWave?: number;
  /** Since when it soaks. */
  readonly gatePassedAt?: number;
  /** How often the gate of its wave closed again after it had passed, and when last. */
  readonly reopened?: { readonly count: number; readonly at: number };
  /** Names of waves that somebody said yes to. */
  readonly approved: readonly string[];
  /** Devices that somebody let take modules whole, where their fleet asks first. */
  readonly wholeFor?: 'all' | readonly string[];
  /** How often its fleet was tried again, in this rollout and those before it; absent where it never was. */
  readonly retries?: number;
  /** Why it is in this state. */
  readonly reason: Pick<Reason, 'code' | 'message'>;
  /** Oldest first; bounded. */
  readonly acts: readonly RolloutAct[];
  /** Oldest first; bounded. */
  readonly events: readonly RolloutEvent[];
}

/** The rollout with one more thing that happened to it. */
export function withEvent<R extends Rollout>(rollout: R, at: number, { code, message }: Rollout['reason']): R {
  return { ...rollout, events: [...rollout.events, { at, code, message }].slice(-eventsMax) };
}

/** Whether nobody is offered what it brings any more. */
export function isStopped({ state }: Rollout): boolean {
  return state === 'halted' || state === 'reverting';
}

/** Whether its devices go back, or did. */
export function goesBack({ state, reason }: Rollout): boolean {
  return state === 'reverting' || (state === 'halted' && reason.code === 'REVERTED');
}

/** The rollout whose devices go back from now on. */
export function reverting<R extends Rollout>(rollout: R, now: number): R {
  return { ...rollout, state: 'reverting', waveStartedAt: now };
}

/** A rollout that is over, and how it ended. */
export interface FinishedRollout extends Rollout {
  readonly finishedAt: number;
  readonly outcome: 'done' | 'superseded' | 'withdrawn';
}

/** Kept of a fleet, newest first; older ones are dropped. */
export const finishedMax = 20;
