/** What the policies of both sides of a plan say of it, as the controller will judge the commit. */
import { runAtOnce } from '../controller/manifests/steps.ts';
import { sideOf, weighInSteps } from '../controller/planning/commit-weight.ts';
import type { DeviceChange } from '../controller/planning/compare.ts';
import { asksForPrices, type CommitWeight, exceptionKey, type PlacedPolicy } from '../controller/planning/policy.ts';
import { judgeByPolicies } from '../controller/planning/policy-judgement.ts';
import { pricesTogether, transfersOf } from '../controller/planning/transfers.ts';
import { trailersSince } from '../controller/source/trailers-since.ts';
import type { CommandContext } from './command.ts';
import type { FleetRepository } from './fleet-repository.ts';
import { commitNamed } from './named-commit.ts';
import type { JudgedRevision } from './plan-sides.ts';
import type { Plan } from './render/plan.ts';
import { locateIn } from './validate-tree.ts';

/** Both sides of a plan. */
interface Sides {
  readonly base: JudgedRevision;
  readonly next: JudgedRevision;
}

/** What the manifests alone make of a commit, whatever devices do now, when holds that end are over. */
export interface BareChange {
  readonly devices: readonly DeviceChange[];
  readonly prices: () => Promise<Plan['prices']>;
}

async function weightOf(
  policies: readonly PlacedPolicy[],
  { base, next }: Sides,
  bare: () => BareChange,
): Promise<CommitWeight> {
  const { devices, prices } = bare();
  const commit = { base: sideOf(base.state), next: sideOf(next.state), affected: next.affected, devices };
  const weight = runAtOnce(weighInSteps(policies, commit));
  const transfers = asksForPrices(policies) ? transfersOf(devices, await prices(), next.state.sites) : [];
  return { ...weight, prices: pricesTogether(transfers) };
}

/** What commits since the base say; of a work tree, that will be one, those before it. */
async function exceptionsOf(context: CommandContext, repository: FleetRepository, { base, next }: Sides) {
  const to = next.side.commit?.id ?? (await commitNamed(context, repository, 'HEAD'));
  return trailersSince(repository.git, exceptionKey, base.side.commit!.id, to);
}

/** The limits that it is over; a first commit is over none. */
export async function judgePolicies(
  context: CommandContext,
  repository: FleetRepository,
  sides: Sides,
  change: () => BareChange,
): Promise<Plan['policy']> {
  const { base, next } = sides;
  if (base.side.commit === undefined) return { problems: [], notes: [] };
  return judgeByPolicies(
    { base: base.state, next: next.state },
    {
      weigh: (policies) => weightOf(policies, sides, change),
      exceptions: () => exceptionsOf(context, repository, sides),
      locate: (side, findings) => locateIn(sides[side].laid, { problems: [], findings }),
    },
  );
}
