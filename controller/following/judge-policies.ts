/** What the policies of a repository say of a revision, those in force and its own. */
import type { Turn } from '../../platform/turn.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import { desiredOf, type ManifestState } from '../manifests/manifest-state.ts';
import { forEachInSteps, runInTurns, type Steps } from '../manifests/steps.ts';
import { type DeviceChange, deviceChangesInSteps } from '../planning/compare.ts';
import {
  asksForPrices,
  asksForWaves,
  type CommitWeight,
  exceptionKey,
  excessesOf,
  findingOf,
  movingDevices,
  type PlacedPolicy,
  type PolicyVerdict,
  policiesOf,
  redefinedFleets,
  withReasons,
} from '../planning/policy.ts';
import { pricesTogether, transfersInSteps } from '../planning/transfers.ts';
import type { Price, ReadModule } from '../publishing/fetch-price.ts';
import type { BranchFollowerParts } from './follower-parts.ts';
import {
  describe,
  type Judged,
  type RevisionStep,
  type RevisionTree,
  type ValidRevision,
} from './revision-in-force.ts';

type Valid = Extract<Judged, { readonly kind: 'valid' }>;

/** What it takes to judge. */
interface Means {
  readonly parts: Pick<BranchFollowerParts, 'publisher' | 'source' | 'clock'>;
  readonly turn: Turn;
}

/** What a revision may not do, and what its message says why it does it all the same. */
export interface PolicyJudgement {
  readonly problems: Problem[];
  readonly notes: readonly Problem[];
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
  const [base, next] = [desiredOf(before.state), desiredOf(revision.state)];
  const compared = { base, next, releases, observe: () => undefined, now: parts.clock.now() };
  const devices = await runInTurns(deviceChangesInSteps(affected, compared), turn);
  const fleets = asksForWaves(policies) ? redefinedFleets(base, next) : [];
  if (!asksForPrices(policies)) return { devices: movingDevices(devices), prices: [], fleets };
  const deployed = devices.filter(({ kind }) => kind === 'deploy');
  const { each, whoElse } = await runInTurns(alike(deployed), turn);
  const priced = await parts.publisher.priceFetches(modulesOf([revision, before], parts), releases, each);
  const prices = new Map<string, readonly Price[]>();
  await runInTurns(
    forEachInSteps(whoElse, ([device, other]) => prices.set(device, priced.get(other)!)),
    turn,
  );
  const transfers = await runInTurns(transfersInSteps(deployed, prices, revision.state.sites), turn);
  return { devices: movingDevices(devices), prices: pricesTogether(transfers), fleets };
}

async function located(
  verdicts: readonly PolicyVerdict[],
  { before }: RevisionStep,
  { revision }: Valid,
  { parts: { source } }: Means,
): Promise<Problem[]> {
  const sides = { base: before, next: revision } as const;
  const problems: Problem[] = [];
  for (const side of ['base', 'next'] as const) {
    const { state, files }: { state: ManifestState; files: RevisionTree['files'] } = sides[side];
    const findings = verdicts.filter((verdict) => verdict.of === side).map((verdict) => findingOf(verdict, state));
    problems.push(...(await describe({ problems: [], findings }, files, source.readBlob)));
  }
  return problems;
}

/** Judges a valid revision by what it changes; a first one changes nothing. */
export async function judgePolicies(step: RevisionStep, judged: Valid, means: Means): Promise<PolicyJudgement> {
  const { before, info } = step;
  const policies = policiesOf(before.state, judged.revision.state);
  if (before.info === undefined || policies.length === 0) return { problems: [], notes: [] };
  const excesses = excessesOf(policies, await weightOf(policies, step, judged, means));
  if (excesses.length === 0) return { problems: [], notes: [] };
  const exceptions = await means.parts.source.trailers(exceptionKey, before.info.id, info.id);
  const verdicts = withReasons(excesses, exceptions);
  const told = (isExcused: boolean) => {
    const those = verdicts.filter(({ reason }) => (reason !== undefined) === isExcused);
    return located(those, step, judged, means);
  };
  return { problems: await told(false), notes: await told(true) };
}
