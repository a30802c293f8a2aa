/** What a commit makes of a fleet's rollout: a new one starts, one that was under way is superseded, or nothing is otherwise. */
import { type FinishedRollout, finishedMax, type Rollout } from './rollout.ts';

/** A commit that is in force from now on, as far as one fleet goes. */
export interface Wanted {
  readonly fleet: string;
  /** The hash of the definition that it wants. */
  readonly target: string;
  /** Of the one that was in force before, where the fleet had none of its own to go back to. */
  readonly before?: string;
  readonly revision: string;
  readonly subject: string;
}

/** The rollout from now on, and those that are over. */
export interface Begun {
  readonly rollout: Rollout;
  readonly finished: readonly FinishedRollout[];
}

/** The list with one more at its head. */
export function withFinished(
  finished: readonly FinishedRollout[],
  { rollout, outcome, now }: { rollout: Rollout; outcome: FinishedRollout['outcome']; now: number },
): readonly FinishedRollout[] {
  return [{ ...rollout, finishedAt: now, outcome }, ...finished].slice(0, finishedMax);
}

function started({ fleet, target, revision, subject }: Wanted, number: number, now: number): Rollout {
  const reason = { code: 'ROLLOUT_STARTED', message: 'it begins with its first wave' };
  return {
    ...{ fleet, number, target, revision, subject, startedAt: now },
    ...{ state: 'running', wave: 0, waveStartedAt: now, approved: [], acts: [] },
    ...{ reason, events: [{ at: now, ...reason }] },
  };
}

function atRest(wanted: Wanted, number: number, now: number): Rollout {
  const reason = { code: 'ROLLOUT_DONE', message: 'all its devices may run what git wants' };
  const done = { ...started(wanted, number, now), good: wanted.target, state: 'done' as const, reason };
  return { ...done, events: [{ at: now, ...reason }] };
}

/** Going back to what was good is no risk that waves would lessen: it ends at once. */
function begun(wanted: Wanted, good: string | undefined, number: number, now: number): Rollout {
  if (good === wanted.target) return atRest(wanted, number, now);
  const rollout = started(wanted, number, now);
  return good === undefined ? rollout : { ...rollout, good };
}

/** What becomes of the rollout that the fleet has; `finished` are those before it. */
export function beginRollout(
  before: Rollout | undefined,
  finished: readonly FinishedRollout[],
  wanted: Wanted,
  now: number,
): Begun {
  if (before === undefined) {
    const number = (finished[0]?.number ?? 0) + 1;
    return { rollout: begun(wanted, wanted.before, number, now), finished };
  }
  // The commit says nothing new to this fleet: what is halted stays halted.
  if (before.target === wanted.target) return { rollout: before, finished };
  const rollout = begun(wanted, before.good, before.number + 1, now);
  if (before.state === 'done') return { rollout, finished };
  return { rollout, finished: withFinished(finished, { rollout: before, outcome: 'superseded', now }) };
}
