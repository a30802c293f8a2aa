/** What a commit makes of a fleet's rollout: a new one starts, one that was under way is superseded, or nothing is otherwise. */
import { type FinishedRollout, finishedMax, type Rollout } from './rollout.ts';

/** What a fleet counts over all its rollouts. */
export type Counted = Pick<Rollout, 'number' | 'retries'>;

/** A commit that is in force from now on, as far as one fleet goes. */
export interface Wanted {
  readonly fleet: string;
  /** The hash of the definition that it wants. */
  readonly target: string;
  /** Of the one that was in force before, where the fleet had none of its own to go back to. */
  readonly before?: string;
  readonly revision: string;
  readonly subject: string;
  /** What a fleet may have counted of which nothing is remembered: a new one of its name goes on from there. */
  readonly forgotten?: Counted;
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
  // Names of devices that were let take modules whole may be many, and are of no use any more; who let them stands among its acts.
  const { wholeFor: _, ...rest } = rollout;
  return [{ ...rest, finishedAt: now, outcome }, ...finished].slice(0, finishedMax);
}

function after(before: Counted | undefined): Counted {
  const { number = 0, retries } = before ?? {};
  return { number: number + 1, ...(retries === undefined ? {} : { retries }) };
}

function started({ fleet, target, revision, subject }: Wanted, counted: Counted, now: number): Rollout {
  const reason = { code: 'ROLLOUT_STARTED', message: 'it begins with its first wave' };
  return {
    ...{ fleet, ...counted, target, revision, subject, startedAt: now },
    ...{ state: 'running', wave: 0, waveStartedAt: now, approved: [], acts: [] },
    ...{ reason, events: [{ at: now, ...reason }] },
  };
}

function atRest(wanted: Wanted, counted: Counted, now: number): Rollout {
  const reason = { code: 'ROLLOUT_DONE', message: 'all its devices may run what git wants' };
  const done = { ...started(wanted, counted, now), good: wanted.target, state: 'done' as const, reason };
  return { ...done, events: [{ at: now, ...reason }] };
}

/** Going back to what was good is no risk that waves would lessen: it ends at once. */
function begun(wanted: Wanted, good: string | undefined, counted: Counted, now: number): Rollout {
  if (good === wanted.target) return atRest(wanted, counted, now);
  const rollout = started(wanted, counted, now);
  return good === undefined ? rollout : { ...rollout, good };
}

/** With this one too, where it ended as it began. */
function withEnded(finished: Begun['finished'], rollout: Rollout, now: number): Begun['finished'] {
  return rollout.state === 'done' ? withFinished(finished, { rollout, outcome: 'done', now }) : finished;
}

/** What becomes of the rollout that the fleet has; `finished` are those that are over. */
export function beginRollout(
  before: Rollout | undefined,
  finished: readonly FinishedRollout[],
  wanted: Wanted,
  now: number,
): Begun {
  if (before === undefined) {
    const rollout = begun(wanted, wanted.before, after(finished[0] ?? wanted.forgotten), now);
    return { rollout, finished: withEnded(finished, rollout, now) };
  }
  // The commit says nothing new to this fleet: what is halted stays halted.
  if (before.target === wanted.target) return { rollout: before, finished };
  const rollout = begun(wanted, before.good, after(before), now);
  const others =
    before.state === 'done' ? finished : withFinished(finished, { rollout: before, outcome: 'superseded', now });
  return { rollout, finished: withEnded(others, rollout, now) };
}
