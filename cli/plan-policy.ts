/** What the policies of both sides of a plan say of it, as the controller will judge the commit. */
import { desiredOf } from '../controller/manifests/manifest-state.ts';
import type { DeviceChange } from '../controller/planning/compare.ts';
import {
  asksForPrices,
  asksForWaves,
  type CommitWeight,
  exceptionKey,
  movingDevices,
  type PlacedPolicy,
  redefinedFleets,
} from '../controller/planning/policy.ts';
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

/** What the manifests alone make of a commit, whatever devices do now. */
export interface BareChange {
  readonly devices: readonly DeviceChange[];
  readonly prices: () => Promise<Plan['prices']>;
}

async function weightOf(
  policies: readonly PlacedPolicy[],
  { base, next }: Sides,
  { devices, prices }: BareChange,
): Promise<CommitWeight> {
  const fleets = asksForWaves(policies) ? redefinedFleets(desiredOf(base.state), desiredOf(next.state)) : [];
  const transfers = asksForPrices(policies) ? transfersOf(devices, await prices(), next.state.sites) : [];
  return { devices: movingDevices(devices), prices: pricesTogether(transfers), fleets };
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
  change: BareChange,
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
