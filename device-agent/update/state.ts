/**
 * What the update engine remembers across power cuts.
 *
 *            offered            fetched              activated           healthy
 *   idle ──────────► fetching ─────────► staged ──► activating ──► probation ──► active
 *                     ▲    ▲                            │              │          │
 *                     │    └── module damaged ──────────┤              │          │
 *                     │                                 ▼  failing     ▼          │
 *                     │                        active with the last good (idle when there is none)
 *                     └───────────────────────── offered: a higher sequence ──────┘
 *
 * A deployment with windows or a condition to activate, or that needs consent, stays `staged` until all of them let it through. Whether
 * windows and conditions do follows from the clock and from what the device sees, and is never remembered; so does whether it may be
 * fetched, which waits where it lacks modules that may not go over the link that leads out. What somebody aboard said is remembered until a higher sequence is taken.
 *
 * A higher sequence is taken in every state. When it comes during `activating` or `probation`, the unproven deployment
 * goes on running as `trial` beside `fetching`, and is still judged: it may become the last good one, or be dropped. If it
 * ran without fault until the newer one took its place it is the `fallback`: should that one fail, it is on trial again, and
 * behind it what it had superseded itself.
 */
import type {
  Consent,
  DeployedConditions,
  DeployedLink,
  DeployedWindows,
  DeviceProblem,
  DownloadReport,
  Phase,
  Waiting,
} from '../../schemas/generated/types.ts';

/** A deployment whose envelope is on disk, by what the engine must know of it without opening that file. */
export interface Slot {
  readonly sequence: number;
  readonly revision: string;
  /** SHA-256 of the envelope's text, in hexadecimal: the name of its file. */
  readonly envelope: string;
  readonly probationSeconds: number;
  readonly windows?: DeployedWindows;
  readonly when?: DeployedConditions;
  readonly consent?: 'required';
  /** What it has the device keep to on the links of its site. */
  readonly links?: readonly DeployedLink[];
}

/** A deployment that runs, or is about to, and has not proved itself yet. */
export interface Trial {
  readonly slot: Slot;
  /** How often it was started, this time included; a start that ended in a restart of the agent counts. */
  readonly starts: number;
  /** Whether all its applications were started once. */
  readonly hasRun?: true;
  readonly downloads: readonly DownloadReport[];
  /** What it superseded itself, as a fallback: one of several commits in a row may be bad, and show it only later. */
  readonly superseded?: Trial;
}

/** So many that were superseded are kept, the newest first: each holds modules on the disk. */
export const fallbacksMax = 3;

/** Where the device is on its way. */
export type EngineState =
  | { readonly state: 'idle' }
  | { readonly state: 'fetching'; readonly target: Slot; readonly trial?: Trial }
  | {
      readonly state: 'staged';
      readonly target: Slot;
      readonly downloads: readonly DownloadReport[];
      readonly trial?: Trial;
    }
  | { readonly state: 'activating'; readonly trial: Trial }
  | { readonly state: 'probation'; readonly trial: Trial }
  | { readonly state: 'active' };

/** The last deployment that passed probation, and how its modules had arrived. */
export interface GoodDeployment {
  readonly slot: Slot;
  readonly downloads: readonly DownloadReport[];
}

/** Everything the engine remembers; written whole at every change. */
export interface Memory {
  readonly engine: EngineState;
  /** When it entered this state, in agent time (milliseconds since the epoch). */
  readonly sinceMs: number;
  /** The highest deployment ever accepted; nothing at or below its sequence is accepted again. */
  readonly highest: { readonly sequence: number; readonly envelope: string };
  readonly good?: GoodDeployment;
  /** What was superseded on trial, without having failed; it runs when what took its place fails. */
  readonly fallback?: Trial;
  /** What somebody aboard said last about the highest deployment. */
  readonly consent?: Consent;
  /** The end of that has come once: a clock that is set back since does not let it count again. Written once for what has an end. */
  readonly isConsentOver?: true;
  /** Why it is not at the newest deployment, or what was refused last. */
  readonly problem?: DeviceProblem;
  /** What of the last good deployment is damaged on disk, beside any other problem; over when all of it runs again. */
  readonly damage?: DeviceProblem;
}

/** A device that has never seen a deployment. */
export const emptyMemory: Memory = { engine: { state: 'idle' }, sinceMs: 0, highest: { sequence: 0, envelope: '' } };

/** The unproven deployment that runs, if one does. */
export function trialOf(engine: EngineState): Trial | undefined {
  return engine.state === 'idle' || engine.state === 'active' ? undefined : engine.trial;
}

/** The deployment it is on its way to but does not run yet. */
export function targetOf(engine: EngineState): Slot | undefined {
  return engine.state === 'fetching' || engine.state === 'staged' ? engine.target : undefined;
}

/** The newest deployment that was accepted and is not given up, if there is one. */
export function newestSlot({ engine, good }: Memory): Slot | undefined {
  return targetOf(engine) ?? trialOf(engine)?.slot ?? good?.slot;
}

/** Its way to the deployment that it does not run yet, with this trial beside it or none. */
export function wayOf(engine: EngineState, trial?: Trial): EngineState | undefined {
  if (engine.state !== 'fetching' && engine.state !== 'staged') return undefined;
  const { trial: _before, ...way } = engine;
  return trial === undefined ? way : { ...way, trial };
}

/** What was superseded on trial without having failed, in the order in which it would run again. */
export function fallbacksOf({ fallback }: Memory): readonly Trial[] {
  const trials: Trial[] = [];
  for (let trial = fallback; trial !== undefined; trial = trial.superseded) trials.push(trial);
  return trials;
}

/** The deployment whose applications run now, or will as soon as the app host has started them. */
export function runningOf(memory: Memory): GoodDeployment | undefined {
  return trialOf(memory.engine) ?? memory.good;
}

/** Every deployment whose files must stay. */
export function heldSlots(memory: Memory): readonly Slot[] {
  const { good, engine } = memory;
  const superseded = fallbacksOf(memory).map(({ slot }) => slot);
  return [good?.slot, ...superseded, trialOf(engine)?.slot, targetOf(engine)].filter(
    (slot): slot is Slot => slot !== undefined,
  );
}

/** The phase as reports name it. */
export function phaseOf(memory: Memory, waiting: Waiting | undefined): Phase {
  return waiting === undefined ? memory.engine.state : 'waiting';
}
