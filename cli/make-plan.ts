/** What a revision would change, worked out: the base judged whole, the next one as changes over it. */
import type { Catalogue, DesiredDevice, DesiredFleet } from '../controller/manifests/desired.ts';
import { locateProblems } from '../controller/manifests/locate-problems.ts';
import { desiredOf, emptyManifestState } from '../controller/manifests/manifest-state.ts';
import { compareRevisions } from '../controller/planning/compare.ts';
import type { DescribedDevice } from '../controller/planning/observed.ts';
import { catalogueOf } from '../controller/publishing/catalogue.ts';
import { judgeRelease } from '../controller/publishing/check-release.ts';
import { judgeAssemblies } from '../controller/publishing/judge-assemblies.ts';
import { releaseFile } from '../controller/publishing/release-path.ts';
import { deltaPairs } from '../controller/publishing/smaller-ways.ts';
import type { TrustFiles } from '../controller/publishing/trust-files.ts';
import type { DeviceStatus, Problem, StatusDocument } from '../schemas/generated/types.ts';
import { type CommandContext, CommandError } from './command.ts';
import { fetchDevices, fetchStatus } from './controller-client.ts';
import { modulesOf, openPrices, type Price, type UsualBases } from './fetch-price.ts';
import { type FleetRevision, findCommit, openCommit, openDirectory, repositoryTop } from './fleet-revision.ts';
import { fetchPublishedTrust } from './published-trust.ts';
import type { KnownDevices, Plan, PlanSide } from './render/plan-screen.ts';
import { renderProblem } from './render/problems.ts';
import { toolVersion } from './tool-version.ts';
import { type TreeInForce, validateTree } from './validate-tree.ts';

/** A revision that is valid, with what it comes to. */
interface JudgedRevision extends TreeInForce {
  readonly side: PlanSide;
  readonly desired: DesiredFleet;
  readonly releases: Catalogue;
  readonly warnings: readonly Problem[];
  readonly notes: readonly Problem[];
  /** Devices that are otherwise than in what it was laid over. */
  readonly affected: ReadonlySet<string>;
  readonly readFile: FleetRevision['readFile'];
}

const nothing: JudgedRevision = {
  side: { name: 'nothing: this is the first revision' },
  tree: new Map(),
  state: emptyManifestState,
  desired: desiredOf(emptyManifestState),
  releases: new Map(),
  warnings: [],
  notes: [],
  affected: new Set(),
  readFile: async () => undefined,
};

/** A revision before it is judged. */
interface OpenedSide {
  readonly revision: FleetRevision;
  readonly name: string;
  /** Whether it is judged beside what is published: what is past came to be without. */
  readonly isPast: boolean;
}

function judge({ revision, name }: OpenedSide, published: TrustFiles, now?: number, base = nothing): JudgedRevision {
  const { commit, readFile, tree } = revision;
  const judged = validateTree(revision, (files) => catalogueOf(files, published, now), base);
  const { state, problems, notes, warnings, affected = new Set() } = judged;
  if (state === undefined) throw refusedRevision(commit, problems);
  return {
    side: { name, ...(commit && { commit }) },
    ...{ tree, state, notes, warnings, affected, readFile },
    desired: desiredOf(state),
    releases: state.catalogue,
  };
}

function refusedRevision(commit: FleetRevision['commit'], problems: readonly Problem[]): CommandError {
  const what = commit === undefined ? 'the working tree' : commit.id.slice(0, 7);
  const lines = problems.map(renderProblem).join('\n');
  return new CommandError(`${what} is not valid; the controller would refuse it, no device would move\n${lines}`);
}

/** Refuses a revision whose new release files are not the signed ones, or can't run as it has them: the base has been through this. */
async function requireReleases(next: JudgedRevision, base: JudgedRevision): Promise<void> {
  const { side, releases, readFile, state, tree } = next;
  const problems: Problem[] = [];
  for (const [key, release] of releases) {
    if (base.releases.get(key)?.sha256 === release.sha256) continue;
    const problem = judgeRelease(release, await readFile(releaseFile(release)));
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length === 0) {
    const findings = await judgeAssemblies(state, base.state, (release) => readFile(releaseFile(release)));
    problems.push(...locateProblems({ problems: [], findings }, (file) => tree.get(file)));
  }
  if (problems.length > 0) throw refusedRevision(side.commit, problems);
}

/** What the planner knows of a device, from what the controller tells; the base is taken as what was issued last. */
function observedFrom(device: DeviceStatus, base: DesiredDevice | undefined): DescribedDevice {
  const { desired, report, contactAt, connected, events } = device;
  return {
    ...(desired && {
      issued: { ...desired, issuedAt: Date.parse(desired.issuedAt), templateHash: base?.template.hash ?? '' },
    }),
    ...(report && { report }),
    ...(contactAt && { contactAt: Date.parse(contactAt) }),
    ...(connected !== undefined && { connected }),
    events,
  };
}

/** Those that the controller makes deltas from for whoever was away for a while. */
function usualBasesAmong(releases: Catalogue): UsualBases {
  return ({ name, version }) => {
    const demand = { wanted: new Set([`${name}/${version}`]), held: new Set<string>() };
    return deltaPairs(releases, demand).map(({ base }) => base.sha256);
  };
}

/** What the controller tells of all, or why there is nothing to go by. */
interface Answer {
  readonly status?: StatusDocument;
  readonly unknownBecause?: string;
}

async function askController(context: CommandContext): Promise<Answer> {
  try {
    return { status: await fetchStatus(context) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { unknownBecause: error.message };
  }
}

/** What is known of the devices that a plan touches. */
interface Knowledge {
  readonly known?: KnownDevices;
  readonly unknownBecause?: string;
}

/** What devices do now says nothing of what they would do on the way from another revision than the one in force. */
async function askDevices(
  context: CommandContext,
  { status, unknownBecause = '' }: Answer,
  { side }: JudgedRevision,
  affected: ReadonlySet<string>,
): Promise<Knowledge> {
  if (status === undefined) return { unknownBecause };
  const inForce = status.source.revision?.id;
  if (inForce !== undefined && side.commit?.id !== inForce) {
    return { unknownBecause: `in force is ${inForce.slice(0, 7)}, not the base` };
  }
  try {
    return { known: { asOf: status.asOf, devices: await fetchDevices(context, [...affected].sort()) } };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { unknownBecause: error.message };
  }
}

/** What is asked for: the commits by name; the working tree, and what is in force, where they are not named. */
export interface PlanQuestion {
  readonly base?: string;
  readonly next?: string;
}

/** What to compare with: what was asked for, else what is in force, else the commit before; undefined where there is none. */
async function openBase(
  context: CommandContext,
  top: string,
  asked: PlanQuestion,
  status: StatusDocument | undefined,
): Promise<OpenedSide | undefined> {
  if (asked.base !== undefined) {
    return { revision: await openCommit(context, top, asked.base), name: `--base ${asked.base}`, isPast: true };
  }
  const inForce = status?.source.revision?.id;
  const found = inForce === undefined ? undefined : await findCommit(context, top, inForce);
  if (found !== undefined) return { revision: found, name: 'in force at the controller', isPast: false };
  const name = asked.next === undefined ? 'HEAD' : `${asked.next}~1`;
  const fallback = await findCommit(context, top, name);
  return fallback && { revision: fallback, name, isPast: true };
}

async function openNext(
  context: CommandContext,
  top: string,
  { next }: PlanQuestion,
  base: OpenedSide | undefined,
): Promise<OpenedSide> {
  const before = base?.revision;
  if (next === undefined) {
    return { revision: await openDirectory(context, top, before), name: `working tree of ${top}`, isPast: false };
  }
  return { revision: await openCommit(context, top, next, before), name: next, isPast: false };
}

/** Both sides, judged; throws `CommandError` where one of them is not valid. */
async function judgeSides(context: CommandContext, asked: PlanQuestion, { status }: Answer) {
  const top = repositoryTop(context);
  const openedBase = await openBase(context, top, asked, status);
  const openedNext = await openNext(context, top, asked, openedBase);
  const { tree } = openedNext.revision;
  const published = status === undefined ? new Map() : (await fetchPublishedTrust(context, tree)).files;
  const base = openedBase ? judge(openedBase, openedBase.isPast ? new Map() : published) : nothing;
  const next = judge(openedNext, published, context.clock.now(), base);
  await requireReleases(next, base);
  return { base, next };
}

function compare(base: JudgedRevision, next: JudgedRevision, known: KnownDevices | undefined, deploymentKey?: string) {
  const devices = new Map(known?.devices.map((device) => [device.name, device]));
  return compareRevisions({
    base: base.desired,
    next: next.desired,
    affected: next.affected,
    releases: new Map([...base.releases, ...next.releases]),
    ...(deploymentKey === undefined ? {} : { deploymentKey }),
    observe: (name) => {
      const device = devices.get(name);
      return device && observedFrom(device, base.desired.devices.get(name));
    },
  });
}

async function pricesOf(base: JudgedRevision, next: JudgedRevision, change: Plan['change']): Promise<Plan['prices']> {
  const readModule = modulesOf(
    [base, next].map(({ releases, readFile }) => ({ releases: releases.values(), readFile })),
  );
  const priceOf = openPrices(readModule, usualBasesAmong(new Map([...base.releases, ...next.releases])));
  const prices = new Map<string, Price[]>();
  for (const { device, kind, fetches } of change.devices) {
    if (kind === 'deploy') prices.set(device, await Promise.all(fetches.map(priceOf)));
  }
  return prices;
}

/** Works the plan out. Throws `CommandError`. */
export async function makePlan(context: CommandContext, asked: PlanQuestion): Promise<Plan> {
  const answer = await askController(context);
  const { base, next } = await judgeSides(context, asked, answer);
  const { known, unknownBecause } = await askDevices(context, answer, base, next.affected);
  const change = compare(base, next, known, answer.status?.deploymentKey);
  return {
    fleetVersion: toolVersion(context),
    base: base.side,
    next: next.side,
    change,
    prices: await pricesOf(base, next, change),
    warnings: next.warnings,
    notes: next.notes,
    ...(known && { known }),
    ...(unknownBecause !== undefined && { unknownBecause }),
  };
}
