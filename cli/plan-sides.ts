/** Both sides of a plan, judged: the base over what was judged before, the next one over the base. */
import type { Catalogue, CataloguedRelease } from '../controller/manifests/desired.ts';
import { emptyManifestState, type ManifestState } from '../controller/manifests/manifest-state.ts';
import { catalogueOf } from '../controller/publishing/catalogue.ts';
import { judgeAssemblies } from '../controller/publishing/judge-assemblies.ts';
import { releaseFile } from '../controller/publishing/release-path.ts';
import type { TrustFiles } from '../controller/publishing/trust-files.ts';
import type { Problem, StatusDocument } from '../schemas/generated/types.ts';
import type { CommandContext } from './command.ts';
import type { FleetRepository } from './fleet-repository.ts';
import {
  type FleetRevision,
  findCommit,
  type LaidTree,
  layFiles,
  noUnderlay,
  openCommit,
  openDirectory,
  type Underlay,
} from './fleet-revision.ts';
import { findJudged, keepJudged } from './judged-cache.ts';
import { RefusedRevision } from './refused-revision.ts';
import type { PlanSide } from './render/plan.ts';
import { locateIn, validateTree } from './validate-tree.ts';

/** A revision that is valid, with what it comes to. */
export interface JudgedRevision {
  readonly side: PlanSide;
  readonly state: ManifestState;
  readonly warnings: readonly Problem[];
  readonly notes: readonly Problem[];
  /** Devices that are otherwise than in its underlay; the set is made when somebody asks. */
  readonly affected: ReadonlySet<string>;
  readonly readFile: FleetRevision['readFile'];
  readonly laid: LaidTree;
}

const nothing: JudgedRevision = {
  side: { name: 'nothing: this is the first revision' },
  state: emptyManifestState,
  warnings: [],
  notes: [],
  affected: new Set(),
  readFile: async () => undefined,
  laid: layFiles({ tree: new Map(), warnings: [] }),
};

/** A revision before it is judged. */
interface OpenedSide {
  readonly revision: FleetRevision;
  readonly name: string;
  /** Whether it is judged beside what is published: what is past came to be without. */
  readonly isPast: boolean;
}

/** What a revision is judged by, besides what it holds. */
interface Circumstances {
  readonly published: TrustFiles;
  /** What it is laid over. */
  readonly before: ManifestState | undefined;
  /** Releases that were in force. */
  readonly inForce?: Catalogue;
  readonly now?: number;
}

async function judge(
  { revision, name }: OpenedSide,
  { published, before, inForce, now }: Circumstances,
): Promise<JudgedRevision> {
  const { commit, readFile } = revision;
  const judged = await validateTree(revision, (files) => catalogueOf(files, published, now, inForce), before);
  const { state, problems, notes, warnings } = judged;
  if (state === undefined) throw refusedRevision(commit, problems);
  return {
    ...{ side: { name, ...(commit && { commit }) }, state, notes, warnings, readFile, laid: revision },
    get affected() {
      return judged.affected ?? new Set<string>();
    },
  };
}

function refusedRevision(commit: FleetRevision['commit'], problems: readonly Problem[]): RefusedRevision {
  const what = commit === undefined ? 'the working tree' : commit.id.slice(0, 7);
  return new RefusedRevision(what, problems);
}

/** What is wrong with the files of releases. */
async function releaseProblems(
  releases: readonly CataloguedRelease[],
  readFile: FleetRevision['readFile'],
): Promise<Problem[]> {
  const { judgeRelease } = await import('../controller/publishing/check-release.ts');
  const problems: Problem[] = [];
  for (const release of releases) {
    const problem = judgeRelease(release, await readFile(releaseFile(release)));
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

/** Refuses a revision whose new release files are not the signed ones, or can't run as it has them: the base has been through this. */
async function requireReleases(next: JudgedRevision, base: JudgedRevision, laid: LaidTree): Promise<void> {
  const { side, readFile, state } = next;
  const { catalogue: known } = base.state;
  const fresh = [...state.catalogue].flatMap(([key, one]) => (known.get(key)?.sha256 === one.sha256 ? [] : [one]));
  const problems = fresh.length === 0 ? [] : await releaseProblems(fresh, readFile);
  if (problems.length === 0) {
    const findings = await judgeAssemblies(state, base.state, (release) => readFile(releaseFile(release)));
    problems.push(...(await locateIn(laid, { problems: [], findings })));
  }
  if (problems.length > 0) throw refusedRevision(side.commit, problems);
}

/** What is asked for: the commits by name; the working tree, and what is in force, where they are not named. */
export interface PlanQuestion {
  /** What to compare with. */
  readonly against?: string;
  readonly next?: string;
}

/** What to compare with: what was asked for, else what is in force, else the commit before; undefined where there is none. */
async function openBase(
  context: CommandContext,
  repository: FleetRepository,
  underlay: Underlay,
  asked: PlanQuestion,
  status: StatusDocument | undefined,
): Promise<OpenedSide | undefined> {
  if (asked.against !== undefined) {
    return {
      revision: await openCommit(context, repository, asked.against, underlay),
      name: `--against ${asked.against}`,
      isPast: true,
    };
  }
  const inForce = status?.source.revision?.id;
  const found = inForce === undefined ? undefined : await findCommit(context, repository, inForce, underlay);
  if (found !== undefined) return { revision: found, name: 'in force at the controller', isPast: false };
  const name = asked.next === undefined ? 'HEAD' : `${asked.next}~1`;
  const fallback = await findCommit(context, repository, name, underlay);
  return fallback && { revision: fallback, name, isPast: true };
}

async function openNext(
  context: CommandContext,
  repository: FleetRepository,
  { next }: PlanQuestion,
  base: OpenedSide | undefined,
): Promise<OpenedSide> {
  const before = base?.revision;
  if (next === undefined) {
    return {
      revision: await openDirectory(context, repository, before),
      name: `working tree of ${repository.top}`,
      isPast: false,
    };
  }
  return { revision: await openCommit(context, repository, next, before), name: next, isPast: false };
}

async function publishedTrust(context: CommandContext, { trust }: FleetRevision): Promise<TrustFiles> {
  const { fetchPublishedTrust } = await import('./published-trust.ts');
  return (await fetchPublishedTrust(context, trust)).files;
}

/** Both sides, judged beside what is published where the controller is reached; throws `CommandError` where one of them is not valid. */
export async function judgeSides(
  context: CommandContext,
  repository: FleetRepository,
  asked: PlanQuestion,
  status: StatusDocument | undefined,
  isReached: boolean,
) {
  const known = await findJudged(context, repository);
  const openedBase = await openBase(context, repository, known ?? noUnderlay, asked, status);
  const openedNext = await openNext(context, repository, asked, openedBase);
  const { revision } = openedNext;
  const published = isReached ? await publishedTrust(context, revision) : new Map();
  const base = openedBase
    ? await judge(openedBase, { published: openedBase.isPast ? new Map() : published, before: known?.state })
    : nothing;
  if (openedBase !== undefined) await keepJudged(context, repository, openedBase.revision, base.state);
  const { catalogue: inForce } = base.state;
  const next = await judge(openedNext, { published, before: base.state, inForce, now: context.clock.now() });
  await requireReleases(next, base, revision);
  return { base, next };
}
