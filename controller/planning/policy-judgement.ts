/** What the policies of a repository say of a commit. Whoever judges one, with a plan or by taking it up, comes to the same by this. */
import type { Problem } from '../../schemas/generated/types.ts';
import type { Finding } from '../manifests/finding.ts';
import type { ManifestState } from '../manifests/manifest-state.ts';
import {
  type CommitWeight,
  excessesOf,
  findingOf,
  type PlacedPolicy,
  type PolicyVerdict,
  policiesOf,
  withReasons,
} from './policy.ts';

/** What a revision may not do, and what a message says why it does it all the same. */
export interface PolicyJudgement {
  readonly problems: Problem[];
  readonly notes: readonly Problem[];
}

type Side = PlacedPolicy['of'];

/** The revision in force, and the one that is judged. */
export type PolicySides = Readonly<Record<Side, Pick<ManifestState, 'policies' | 'declared'>>>;

/** How whoever judges gets at what it takes; nothing is asked for that no policy needs. */
export interface PolicyMeans {
  /** What the manifests alone make of it, whatever devices do now. */
  readonly weigh: (policies: readonly PlacedPolicy[]) => Promise<CommitWeight>;
  /** The exceptions that commits since the one in force name, the newest first. */
  readonly exceptions: () => Promise<readonly string[]>;
  readonly locate: (side: Side, findings: readonly Finding[]) => Promise<readonly Problem[]>;
}

async function located(verdicts: readonly PolicyVerdict[], sides: PolicySides, locate: PolicyMeans['locate']) {
  const problems: Problem[] = [];
  for (const side of ['base', 'next'] as const) {
    const findings = verdicts
      .filter((verdict) => verdict.of === side)
      .map((verdict) => findingOf(verdict, sides[side]));
    problems.push(...(await locate(side, findings)));
  }
  return problems;
}

/** Not for a first revision, which changes nothing. */
export async function judgeByPolicies(sides: PolicySides, means: PolicyMeans): Promise<PolicyJudgement> {
  const policies = policiesOf(sides.base, sides.next);
  if (policies.length === 0) return { problems: [], notes: [] };
  const excesses = excessesOf(policies, await means.weigh(policies));
  if (excesses.length === 0) return { problems: [], notes: [] };
  const verdicts = withReasons(excesses, await means.exceptions());
  const told = (isExcused: boolean) => {
    const those = verdicts.filter(({ reason }) => (reason !== undefined) === isExcused);
    return located(those, sides, means.locate);
  };
  return { problems: await told(false), notes: await told(true) };
}
