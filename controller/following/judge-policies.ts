/** What the policies of a repository say of a revision, those in force and its own. */
import type { Turn } from '../../platform/turn.ts';
import { forEachInSteps, runInTurns, type Steps } from '../manifests/steps.ts';
import { sideOf, weighedChangesInSteps, weighInSteps } from '../planning/commit-weight.ts';
import type { DeviceChange } from '../planning/compare.ts';
import { asksForPrices, type CommitWeight, exceptionKey, type PlacedPolicy } from '../planning/policy.ts';
import { judgeByPolicies, type PolicyJudgement } from '../planning/policy-judgement.ts';
import { pricesTogether, transfersInSteps } from '../planning/transfers.ts';
import type { Price, ReadModule } from '../publishing/fetch-price.ts';
import type { BranchFollowerParts } from './follower-parts.ts';
import { describe, type Judged, type RevisionStep, type ValidRevision } from './revision-in-force.ts';

type Valid = Extract<Judged, { readonly kind: 'valid' }>;

/** What it takes to judge. */
interface Means {
  readonly parts: Pick<BranchFollowerParts, 'publisher' | 'source' | 'clock'>;
  readonly turn: Turn;
}

/** Finds modules by digest: of a release that several revisions have, as the last of them has it. */
function modulesOf(revisions: readonly ValidRevision[], { publisher, source }: Means['parts']): ReadModule {
  const places = revisions.flatMap((tree) =>
    [...tree.state.catalogue.values()].map((release) => [release.sha256, { tree, release }] as const),
  );
  const byDigest = new Map(places);
  return async (sha256) => {
    const found = byDigest.get(sha256);
    return found && publisher.readModule(found.tree, source.readBlob, found.release);
  };
}

/** One device of all that lack the same, and for each device which one that is. */
function* alike(devices: readonly DeviceChange[]): Steps<{
  readonly each: readonly DeviceChange[];
  readonly whoElse: ReadonlyMap<string, string>;
}> {
  const byLack = new Map<string, DeviceChange>();
  const whoElse = new Map<string, string>();
  yield* forEachInSteps(devices, (change) => {
    const lack = JSON.stringify(change.fetches.map(({ release, bases }) => [release.sha256, bases]));
    const first = byLack.get(lack) ?? change;
    byLack.set(lack, first);
    whoElse.set(change.device, first.device);
  });
  return { each: [...byLack.values()], whoElse };
}

/** What the manifests alone make of it, whatever devices do now: so everybody who judges the commit comes to the same. */
async function weightOf(
  policies: readonly PlacedPolicy[],
  { before }: RevisionStep,
  { revision, affected }: Valid,
  { parts, turn }: Means,
): Promise<CommitWeight> {
  const releases = new Map([...before.state.catalogue, ...revision.state.catalogue]);
  const [base, next] = [sideOf(before.state), sideOf(revision.state)];
  const compared = { base: base.desired, next: next.desired, releases, observe: () => undefined };
  const devices = await runInTurns(weighedChangesInSteps(affected, compared), turn);
  const weight = await runInTurns(weighInSteps(policies, { base, next, affected, devices }), turn);
  if (!asksForPrices(policies)) return { ...weight, prices: [] };
  const deployed = devices.filter(({ kind }) => kind === 'deploy');
  const { each, whoElse } = await runInTurns(alike(deployed), turn);
  const priced = await parts.publisher.priceFetches(modulesOf([revision, before], parts), releases, each);
  const prices = new Map<string, readonly Price[]>();
  await runInTurns(
    forEachInSteps(whoElse, ([device, other]) => prices.set(device, priced.get(other)!)),
    turn,
  );
  const transfers = await runInTurns(transfersInSteps(deployed, prices, revision.state.sites), turn);
  return { ...weight, prices: pricesTogether(transfers) };
}

/** Judges a valid revision by what it changes; a first one changes nothing. */
export async function judgePolicies(step: RevisionStep, judged: Valid, means: Means): Promise<PolicyJudgement> {
  const { before, info } = step;
  const inForce = before.info;
  if (inForce === undefined) return { problems: [], notes: [] };
  const { source } = means.parts;
  const files = { base: before.files, next: judged.revision.files };
  return judgeByPolicies(
    { base: before.state, next: judged.revision.state },
    {
      weigh: (policies) => weightOf(policies, step, judged, means),
      exceptions: () => source.trailers(exceptionKey, inForce.id, info.id),
      locate: (side, findings) => describe({ problems: [], findings }, files[side], source.readBlob),
    },
  );
}
