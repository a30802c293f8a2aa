import type { Consent, DownloadReport } from '../../schemas/generated/types.ts';
import { isGated } from '../interlocks/gates.ts';
import type { Problem } from '../problem.ts';
import { judgeSequence } from './judge-sequence.ts';
import { withDamage, withoutDamage, withProblem } from './memory-problems.ts';
import { withConsent, withConsentOver, withoutConsent } from './said.ts';
import {
  type EngineState,
  fallbacksMax,
  type Memory,
  type Slot,
  type Trial,
  targetOf,
  trialOf,
  wayOf,
} from './state.ts';
import type { Step } from './steps.ts';

/** What can happen to the engine. */
export type EngineEvent =
  /** The agent started; nothing runs yet. */
  | { readonly kind: 'booted' }
  /** It is time to look whether the disk still holds what was written. */
  | { readonly kind: 'scrub-due' }
  /** A deployment for this device, signed by a deployment key. */
  | { readonly kind: 'offered'; readonly slot: Slot; readonly envelope: string }
  /** Something offered was not a deployment for this device. */
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** Every module of it is on disk and agrees with the signed releases. */
  | { readonly kind: 'fetched'; readonly sequence: number; readonly downloads: readonly DownloadReport[] }
  /** Nothing is in the way of activating it. */
  | { readonly kind: 'moment-came'; readonly sequence: number }
  /** Somebody aboard said whether it may be activated. */
  | { readonly kind: 'consented'; readonly sequence: number; readonly consent: Consent }
  /** What was said at that time counts no longer. */
  | { readonly kind: 'consent-over'; readonly sequence: number; readonly at: string }
  /** It is to be fetched from elsewhere: a bundle was carried here or is of no use, or neighbours gave what no link may carry now. */
  | { readonly kind: 'way-changed'; readonly sequence: number }
  /** An attempt to fetch it failed; another follows by itself. */
  | { readonly kind: 'fetch-failed'; readonly sequence: number; readonly problem: Problem }
  /** All its applications were started. */
  | { readonly kind: 'activated'; readonly sequence: number }
  /** Files of it on disk are not what they were; `repairable` when its envelope could still be read. */
  | { readonly kind: 'damaged'; readonly sequence: number; readonly repairable: boolean; readonly problem: Problem }
  | { readonly kind: 'activation-failed'; readonly sequence: number; readonly problem: Problem }
  | { readonly kind: 'judged-healthy'; readonly sequence: number }
  | { readonly kind: 'judged-failing'; readonly sequence: number; readonly problem: Problem };

/**
 * How often an unproven deployment is started before it counts as the reason why the agent keeps restarting. Power cuts
 * count too, hence not lower.
 */
export const startsMax = 5;

function enter(memory: Memory, engine: EngineState, nowMs: number): Memory {
  return { ...memory, engine, sinceMs: engine.state === memory.engine.state ? memory.sinceMs : nowMs };
}

function commit(memory: Memory): Step {
  return { kind: 'commit', memory };
}

/** A commit, unless nothing changed. */
function commitIfNew(before: Memory, after: Memory): readonly Step[] {
  return before === after ? [] : [commit(after)];
}

function runGood(memory: Memory): Step {
  return memory.good === undefined ? { kind: 'clear' } : { kind: 'activate', slot: memory.good.slot, lastResort: true };
}

/**
 * The trial is over, and what it ran is not to run: the one before it that ran without fault is on trial again, else the last
 * good deployment runs. The `way` to a newer one goes on.
 */
function leaveTrial(
  { fallback, ...memory }: Memory,
  way: EngineState | undefined,
  nowMs: number,
): { readonly left: Memory; readonly run: Step } {
  if (fallback === undefined) {
    const rest: EngineState = { state: memory.good === undefined ? 'idle' : 'active' };
    return { left: enter(memory, way ?? rest, nowMs), run: runGood(memory) };
  }
  const { superseded, ...again } = fallback;
  const trial: Trial = { ...again, starts: 1 };
  const rest = superseded === undefined ? memory : { ...memory, fallback: superseded };
  const engine = way === undefined ? undefined : wayOf(way, trial);
  return {
    left: enter(rest, engine ?? { state: 'activating', trial }, nowMs),
    run: { kind: 'activate', slot: trial.slot, lastResort: false },
  };
}

/** Gives the trial up. */
function goBack(memory: Memory, problem: Problem, nowMs: number): readonly Step[] {
  const { left, run } = leaveTrial(memory, wayOf(memory.engine), nowMs);
  return [{ kind: 'unwatch' }, commit(withProblem(left, problem, nowMs)), run];
}

/** The first `count` of what would run one after the other. */
function newest(trial: Trial | undefined, count: number): Trial | undefined {
  if (trial === undefined || count === 0) return undefined;
  const { superseded, ...one } = trial;
  const rest = newest(superseded, count - 1);
  return rest === undefined ? one : { ...one, superseded: rest };
}

/** Keeps a trial as what runs next when what takes its place fails. */
function withFallback(memory: Memory, trial: Trial): Memory {
  const superseded = newest(memory.fallback, fallbacksMax - 1);
  return { ...memory, fallback: superseded === undefined ? trial : { ...trial, superseded } };
}

/** Starts a trial, whatever ran before; another one that is superseded is kept if it has run. */
function startTrial(memory: Memory, trial: Trial, nowMs: number): readonly Step[] {
  const before = trialOf(memory.engine);
  const isSuperseded = before?.hasRun === true && before.slot.sequence !== trial.slot.sequence;
  const kept = isSuperseded ? withFallback(memory, before) : memory;
  return [{ kind: 'unwatch' }, commit(enter(kept, { state: 'activating', trial }, nowMs)), tryOut(kept, trial)];
}

/** Runs a trial in the place of what would run without it. */
function tryOut({ fallback, good }: Memory, { slot }: Trial): Step {
  const before = fallback?.slot ?? good?.slot;
  return { kind: 'activate', slot, lastResort: false, ...(before === undefined ? {} : { before }) };
}

/** What is staged is tried out, in a moment that its gates let through where it has some. */
function activateStaged(memory: Memory, nowMs: number): readonly Step[] {
  const { engine } = memory;
  if (engine.state !== 'staged') return [];
  const { target, downloads } = engine;
  if (isGated('activate', target)) return [{ kind: 'await-moment', slot: target }];
  return startTrial(memory, { slot: target, starts: 1, downloads }, nowMs);
}

function onMomentCame(memory: Memory, sequence: number, nowMs: number): readonly Step[] {
  const { engine } = memory;
  if (engine.state !== 'staged' || engine.target.sequence !== sequence) return [];
  // Somebody may have said no since it came.
  if (engine.target.consent !== undefined && memory.consent?.answer !== 'granted') return [];
  return startTrial(memory, { slot: engine.target, starts: 1, downloads: engine.downloads }, nowMs);
}

/** Takes up again what leads to a deployment that does not run yet. */
function goOn({ engine }: Memory): readonly Step[] {
  if (engine.state === 'fetching') return [{ kind: 'fetch', slot: engine.target }];
  return engine.state === 'staged' ? [{ kind: 'await-moment', slot: engine.target }] : [];
}

function onBooted(memory: Memory, nowMs: number): readonly Step[] {
  const { engine } = memory;
  const trial = trialOf(engine);
  if (engine.state === 'staged' && !isGated('activate', engine.target)) return activateStaged(memory, nowMs);
  const further = goOn(memory);
  if (trial === undefined) return [...(memory.good === undefined ? [] : [runGood(memory)]), ...further];
  const { sequence } = trial.slot;
  if (trial.starts >= startsMax) {
    const message = `deployment ${sequence} was started ${trial.starts} times and never passed probation`;
    return [...goBack(memory, { code: 'TRIAL_INTERRUPTED', message, sequence }, nowMs), ...further];
  }
  const again: Trial = { ...trial, starts: trial.starts + 1 };
  const way = wayOf(engine, again);
  if (way === undefined) return startTrial(memory, again, nowMs);
  return [commit(enter(memory, way, nowMs)), tryOut(memory, again), ...further];
}

/** Whether the newest deployment's envelope is damaged on disk, so that being offered it again helps. */
export function isDeploymentLost({ problem, damage, highest }: Memory): boolean {
  return [problem, damage].some((one) => one?.code === 'DEPLOYMENT_DAMAGED' && one.sequence === highest.sequence);
}

/** Goes on with a deployment whose envelope could not be read before. */
function resume(memory: Memory, slot: Slot): readonly Step[] {
  if (targetOf(memory.engine)?.sequence === slot.sequence) return goOn(memory);
  return memory.good?.slot.sequence === slot.sequence ? [runGood(memory)] : [];
}

function onOffered(memory: Memory, slot: Slot, envelope: string, nowMs: number): readonly Step[] {
  const { highest } = memory;
  if (slot.sequence === highest.sequence && slot.envelope === highest.envelope) {
    return isDeploymentLost(memory) ? [{ kind: 'keep-envelope', slot, envelope }, ...resume(memory, slot)] : [];
  }
  const problem = judgeSequence(memory, slot);
  if (problem !== undefined) return commitIfNew(memory, withProblem(memory, problem, nowMs));
  const trial = trialOf(memory.engine);
  const engine: EngineState = { state: 'fetching', target: slot, ...(trial === undefined ? {} : { trial }) };
  const accepted = { ...withoutConsent(memory), highest: { sequence: slot.sequence, envelope: slot.envelope } };
  return [
    { kind: 'keep-envelope', slot, envelope },
    commit({ ...withProblem(enter(accepted, engine, nowMs), undefined, nowMs), sinceMs: nowMs }),
    { kind: 'fetch', slot },
  ];
}

function onFetched(
  memory: Memory,
  sequence: number,
  downloads: readonly DownloadReport[],
  nowMs: number,
): readonly Step[] {
  const { engine } = memory;
  const target = targetOf(engine);
  const trial = trialOf(engine);
  if (target?.sequence !== sequence) {
    const isRepaired = trial === undefined && memory.good?.slot.sequence === sequence;
    return isRepaired ? [runGood(memory)] : [];
  }
  const state: EngineState = { state: 'staged', target, downloads, ...(trial === undefined ? {} : { trial }) };
  const staged = withProblem(enter(memory, state, nowMs), undefined, nowMs);
  return [commit(staged), ...activateStaged(staged, nowMs)];
}

function onActivated(memory: Memory, sequence: number, nowMs: number): readonly Step[] {
  const { engine } = memory;
  const trial = trialOf(engine);
  if (trial?.slot.sequence === sequence) {
    const watch: Step = { kind: 'watch', slot: trial.slot };
    const ran: Trial = { ...trial, hasRun: true };
    if (engine.state === 'activating') return [commit(enter(memory, { state: 'probation', trial: ran }, nowMs)), watch];
    const isSuperseded = engine.state === 'fetching' || engine.state === 'staged';
    return isSuperseded ? [commit({ ...memory, engine: { ...engine, trial: ran } }), watch] : [watch];
  }
  const isWhole = memory.damage !== undefined && memory.good?.slot.sequence === sequence;
  return isWhole ? [commit(withoutDamage(memory))] : [];
}

function onDamaged(
  memory: Memory,
  event: Extract<EngineEvent, { readonly kind: 'damaged' }>,
  nowMs: number,
): readonly Step[] {
  const { engine } = memory;
  const trial = trialOf(engine);
  if (trial?.slot.sequence === event.sequence) {
    if (!event.repairable || targetOf(engine) !== undefined) return goBack(memory, event.problem, nowMs);
    const { left, run } = leaveTrial(memory, { state: 'fetching', target: trial.slot }, nowMs);
    return [commit(withProblem(left, event.problem, nowMs)), run, { kind: 'fetch', slot: trial.slot }];
  }
  const isTarget = targetOf(engine)?.sequence === event.sequence;
  if (memory.good?.slot.sequence !== event.sequence && !isTarget) return [];
  if (isTarget || memory.good === undefined) return commitIfNew(memory, withProblem(memory, event.problem, nowMs));
  const noted = commitIfNew(memory, withDamage(memory, event.problem, nowMs));
  const repair: readonly Step[] = event.repairable ? [{ kind: 'repair', slot: memory.good.slot }] : [];
  return [...noted, ...repair];
}

function onHealthy(memory: Memory, sequence: number, nowMs: number): readonly Step[] {
  const trial = trialOf(memory.engine);
  if (trial?.slot.sequence !== sequence) return [];
  const { fallback: _superseded, ...rest } = withoutDamage(memory);
  const proved: Memory = { ...rest, good: { slot: trial.slot, downloads: trial.downloads } };
  const way = wayOf(memory.engine);
  if (way !== undefined) return [{ kind: 'unwatch' }, commit(enter(proved, way, nowMs))];
  // One that runs again after a newer one failed leaves it told why the newer one does not run.
  const problem = sequence === memory.highest.sequence ? undefined : memory.problem;
  const active = withProblem(enter(proved, { state: 'active' }, nowMs), problem, nowMs);
  return [{ kind: 'unwatch' }, commit(active), { kind: 'collect' }];
}

/** What is to be done, in order, when `event` happens to an engine with this memory at agent time `nowMs`. */
export function decide(memory: Memory, event: EngineEvent, nowMs: number): readonly Step[] {
  switch (event.kind) {
    case 'booted':
      return onBooted(memory, nowMs);
    case 'scrub-due':
      // What is on trial was read just now, and will be again before it is good.
      return trialOf(memory.engine) === undefined ? [{ kind: 'scrub' }] : [];
    case 'offered':
      return onOffered(memory, event.slot, event.envelope, nowMs);
    case 'refused':
      return commitIfNew(memory, withProblem(memory, event.problem, nowMs));
    case 'fetched':
      return onFetched(memory, event.sequence, event.downloads, nowMs);
    case 'moment-came':
      return onMomentCame(memory, event.sequence, nowMs);
    case 'consented':
      return commitIfNew(memory, withConsent(memory, event.consent));
    case 'consent-over':
      return commitIfNew(memory, withConsentOver(memory, event.at));
    case 'way-changed':
      return targetOf(memory.engine)?.sequence === event.sequence ? goOn(memory) : [];
    case 'fetch-failed': {
      const isWanted = targetOf(memory.engine)?.sequence === event.sequence;
      return isWanted ? commitIfNew(memory, withProblem(memory, event.problem, nowMs)) : [];
    }
    case 'activated':
      return onActivated(memory, event.sequence, nowMs);
    case 'damaged':
      return onDamaged(memory, event, nowMs);
    case 'activation-failed':
    case 'judged-failing':
      return trialOf(memory.engine)?.slot.sequence === event.sequence ? goBack(memory, event.problem, nowMs) : [];
    case 'judged-healthy':
      return onHealthy(memory, event.sequence, nowMs);
    default:
      return event satisfies never;
  }
}
