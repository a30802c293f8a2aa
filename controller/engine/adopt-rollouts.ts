/** What a commit that comes into force does to the rollouts of its fleets. */
import { definitionOf, type FleetDefinition } from '../manifests/definition.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { beginRollout, withFinished } from '../planning/rollout/begin.ts';
import { withWaves } from '../planning/rollout/changed-waves.ts';
import { policyOf } from '../planning/rollout/policy-of.ts';
import type { FinishedRollout, Rollout } from '../planning/rollout/rollout.ts';
import type { Draft } from './draft.ts';

/** A commit, and what was in force before it. */
export interface AdoptedCommit {
  readonly before: DesiredFleet;
  readonly after: DesiredFleet;
  /** Fleets whose manifest has a rollout. */
  readonly inWaves: ReadonlySet<string>;
  /** Fleets that have one kept. */
  readonly kept: Iterable<string>;
  readonly revision: string;
  readonly subject: string;
  readonly now: number;
}

/** What the fleet goes back to: what was completed last, of one that has its first rollout what it had before. */
function keepGood(draft: Draft, good: string | undefined, candidates: readonly (FleetDefinition | undefined)[]): void {
  const definition = candidates.find((one) => one !== undefined && one.hash === good);
  if (definition !== undefined && draft.goodDefinition(definition.fleet)?.hash !== good)
    draft.put({ kind: 'definition', fleet: definition.fleet, definition });
}

/** The commit says nothing new of what its devices run; of how it gets there it may. */
function judgeAnew(draft: Draft, had: Rollout, commit: AdoptedCommit): void {
  const { fleet } = had;
  const [before, after] = [commit.before, commit.after].map(({ fleets }) => {
    const manifest = fleets.get(fleet);
    return manifest && policyOf(manifest);
  });
  if (before === undefined || after === undefined) return;
  const rollout = withWaves(had, { before, after }, commit.now);
  if (rollout !== had) draft.put({ kind: 'rollout', fleet, rollout });
}

function begin(draft: Draft, fleet: string, target: FleetDefinition, commit: AdoptedCommit): void {
  const { before, revision, subject, now } = commit;
  const had = draft.rollout(fleet);
  const old = had === undefined ? definitionOf(before, fleet) : undefined;
  const wanted = {
    ...{ fleet, target: target.hash, revision, subject, forgotten: draft.forgotten },
    ...(old === undefined ? {} : { before: old.hash }),
  };
  const { rollout, finished } = beginRollout(had, draft.finishedRollouts(fleet), wanted, now);
  if (rollout === had) return judgeAnew(draft, had, commit);
  draft.put({ kind: 'rollout', fleet, rollout });
  if (finished !== draft.finishedRollouts(fleet)) draft.put({ kind: 'finished', fleet, rollouts: finished });
  keepGood(draft, rollout.good, [target, old]);
}

/** Its devices follow git at once from now on. */
function withdraw(draft: Draft, fleet: string, now: number): void {
  const rollout = draft.rollout(fleet);
  if (rollout === undefined) return;
  draft.put({ kind: 'rollout', fleet, rollout: undefined });
  draft.put({ kind: 'definition', fleet, definition: undefined });
  if (rollout.state === 'done') return;
  const rollouts = withFinished(draft.finishedRollouts(fleet), { rollout, outcome: 'withdrawn', now });
  draft.put({ kind: 'finished', fleet, rollouts });
}

/** Fleets of which the rollouts are remembered when git names them no more; of those that went before them, what they counted alone. */
export const goneFleetsMax = 100;

function newest(draft: Draft, fleet: string): FinishedRollout {
  return draft.finishedRollouts(fleet)[0]!;
}

/** Forgets the rollouts of fleets that are gone the longest. */
function forgetGone(draft: Draft, { fleets }: DesiredFleet): void {
  const gone = draft.finishedFleets.filter((fleet) => !fleets.has(fleet));
  gone.sort((left, right) => newest(draft, right).finishedAt - newest(draft, left).finishedAt);
  for (const fleet of gone.slice(goneFleetsMax)) {
    const { number, retries = 0 } = newest(draft, fleet);
    const before = draft.forgotten;
    const forgotten = {
      number: Math.max(before.number, number),
      retries: Math.max(before.retries, retries),
    };
    draft.put({ kind: 'forgotten', forgotten });
    draft.put({ kind: 'finished', fleet, rollouts: [] });
  }
}

/** Starts, supersedes and ends them; what stays as it is is not written. */
export function adoptRollouts(draft: Draft, commit: AdoptedCommit): void {
  const { after, inWaves, kept, now } = commit;
  for (const fleet of inWaves) {
    const target = definitionOf(after, fleet);
    if (target !== undefined) begin(draft, fleet, target, commit);
  }
  const left = [...kept].filter((fleet) => !inWaves.has(fleet));
  for (const fleet of left) withdraw(draft, fleet, now);
  if (left.some((fleet) => !after.fleets.has(fleet))) forgetGone(draft, after);
}
