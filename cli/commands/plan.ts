import { stringify } from 'yaml';
import type { Catalogue, DesiredDevice, DesiredFleet } from '../../controller/manifests/desired.ts';
import { desiredOf, emptyManifestState } from '../../controller/manifests/manifest-state.ts';
import { compareRevisions } from '../../controller/planning/compare.ts';
import type { ObservedDevice } from '../../controller/planning/observed.ts';
import { catalogueOf } from '../../controller/publishing/catalogue.ts';
import { judgeRelease } from '../../controller/publishing/check-release.ts';
import { releaseFile } from '../../controller/publishing/release-path.ts';
import { deltaPairs } from '../../controller/publishing/smaller-ways.ts';
import type { TrustFiles } from '../../controller/publishing/trust-files.ts';
import type { DeviceStatus, Problem, StatusDocument } from '../../schemas/generated/types.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { fetchEveryDevice } from '../controller-client.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { modulesOf, openPrices, type Price, type UsualBases } from '../fetch-price.ts';
import { type FleetRevision, findCommit, openCommit, openDirectory, repositoryTop } from '../fleet-revision.ts';
import { fetchPublishedTrust } from '../published-trust.ts';
import { type Plan, type PlanSide, planDocument, planScreen } from '../render/plan-screen.ts';
import { renderProblem, renderWarning } from '../render/problems.ts';
import { styleFor } from '../render/style.ts';
import { settingsOption } from '../settings.ts';
import { validateTree } from '../validate-tree.ts';

type Format = 'text' | 'wide' | 'json' | 'yaml';

/** A revision that is valid, with what it comes to. */
interface JudgedRevision {
  readonly side: PlanSide;
  readonly desired: DesiredFleet;
  readonly releases: Catalogue;
  readonly notes: readonly Problem[];
  readonly readFile: FleetRevision['readFile'];
}

const nothing: JudgedRevision = {
  side: { name: 'nothing: this is the first revision' },
  desired: desiredOf(emptyManifestState),
  releases: new Map(),
  notes: [],
  readFile: async () => undefined,
};

function judge(revision: FleetRevision, name: string, published: TrustFiles, now?: number): JudgedRevision {
  const { commit, readFile } = revision;
  const { state, problems, notes } = validateTree(revision, (files) => catalogueOf(files, published, now));
  if (state === undefined) throw refusedRevision(commit, problems);
  return {
    side: { name, ...(commit && { commit }) },
    desired: desiredOf(state),
    releases: state.catalogue,
    notes,
    readFile,
  };
}

function refusedRevision(commit: FleetRevision['commit'], problems: readonly Problem[]): CommandError {
  const what = commit === undefined ? 'the working tree' : commit.id.slice(0, 7);
  const lines = problems.map(renderProblem).join('\n');
  return new CommandError(`${what} is not valid; the controller would refuse it, no device would move\n${lines}`);
}

/** Refuses a revision whose new release files are not the signed ones, or can't run: the base has been through this. */
async function requireReleases({ side, releases, readFile }: JudgedRevision, base: Catalogue): Promise<void> {
  const problems: Problem[] = [];
  for (const [key, release] of releases) {
    if (base.get(key)?.sha256 === release.sha256) continue;
    const problem = judgeRelease(release, await readFile(releaseFile(release)));
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) throw refusedRevision(side.commit, problems);
}

/** What the controller tells of the devices, or why there is nothing to go by. */
interface Knowledge {
  readonly status?: StatusDocument;
  readonly unknownBecause?: string;
}

/** What devices do now says nothing of what they would do on the way from another revision than the one in force. */
function knowledgeFor({ side }: JudgedRevision, knowledge: Knowledge): Knowledge {
  const inForce = knowledge.status?.source.revision?.id;
  if (inForce === undefined || side.commit?.id === inForce) return knowledge;
  return { unknownBecause: `in force is ${inForce.slice(0, 7)}, not the base` };
}

async function askController(context: CommandContext): Promise<Knowledge> {
  try {
    return { status: await fetchEveryDevice(context) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { unknownBecause: error.message };
  }
}

/** What to compare with: what was asked for, else what is in force, else the commit before. */
async function chooseBase(
  context: CommandContext,
  top: string,
  asked: { readonly base?: string; readonly next?: string },
  status: StatusDocument | undefined,
  published: TrustFiles,
): Promise<JudgedRevision> {
  // Nothing is laid over what is past; what is in force came to be so beside what is published.
  const judgePast = (revision: FleetRevision, name: string) => judge(revision, name, new Map());
  if (asked.base !== undefined) return judgePast(await openCommit(context, top, asked.base), `--base ${asked.base}`);
  const inForce = status?.source.revision?.id;
  const found = inForce === undefined ? undefined : await findCommit(context, top, inForce);
  if (found !== undefined) return judge(found, 'in force at the controller', published);
  const before = asked.next === undefined ? 'HEAD' : `${asked.next}~1`;
  const fallback = await findCommit(context, top, before);
  return fallback === undefined ? nothing : judgePast(fallback, before);
}

/** What the planner knows of a device, from what the controller tells; the base is taken as what was issued last. */
function observedFrom(device: DeviceStatus, base: DesiredDevice | undefined): ObservedDevice {
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

async function makePlan(context: CommandContext, asked: { base?: string; next?: string }): Promise<Plan> {
  const top = repositoryTop(context);
  const revision = await (asked.next === undefined
    ? openDirectory(context, top)
    : openCommit(context, top, asked.next));
  for (const warning of revision.warnings) context.stderr.write(`${renderWarning(warning)}\n`);
  const answer = await askController(context);
  const isThere = answer.status !== undefined;
  const published: TrustFiles = isThere ? (await fetchPublishedTrust(context, revision.tree)).files : new Map();
  const next = judge(revision, asked.next ?? `working tree of ${top}`, published, context.clock.now());
  const base = await chooseBase(context, top, asked, answer.status, published);
  await requireReleases(next, base.releases);
  const { status, unknownBecause } = knowledgeFor(base, answer);
  const known = new Map(status?.devices.map((device) => [device.name, device]));
  const releases = new Map([...base.releases, ...next.releases]);
  const change = compareRevisions({
    base: base.desired,
    next: next.desired,
    releases,
    observe: (name) => {
      const device = known.get(name);
      return device && observedFrom(device, base.desired.devices.get(name));
    },
  });
  const readModule = modulesOf(
    [base, next].map(({ releases, readFile }) => ({ releases: releases.values(), readFile })),
  );
  const priceOf = openPrices(readModule, usualBasesAmong(releases));
  const prices = new Map<string, Price[]>();
  for (const { device, kind, fetches } of change.devices) {
    if (kind === 'deploy') prices.set(device, await Promise.all(fetches.map(priceOf)));
  }
  return {
    base: base.side,
    next: next.side,
    change,
    prices,
    notes: next.notes,
    ...(status && { status }),
    ...(unknownBecause && { unknownBecause }),
  };
}

function formatOf(text: string | undefined): Format {
  if (text === undefined) return 'text';
  if (text === 'json' || text === 'yaml' || text === 'wide') return text;
  throw new CommandError(`-o ${text}: there is json, yaml and wide`, exitCodes.usage);
}

function render(context: CommandContext, plan: Plan, format: Format): string {
  if (format === 'json') return `${JSON.stringify(planDocument(plan), undefined, 2)}\n`;
  if (format === 'yaml') return stringify(planDocument(plan), { aliasDuplicateObjects: false });
  const isCut = context.stdout.isTerminal && format !== 'wide';
  const columns = isCut ? context.stdout.columns() : Number.POSITIVE_INFINITY;
  return planScreen(plan, { columns, style: styleFor(context.color), wide: format === 'wide' });
}

export const planCommand: Command = {
  name: 'plan',
  summary: 'what a commit, or the working tree, would change on which devices, and its bytes; touches nothing',
  arguments: '[REF]',
  options: {
    base: {
      type: 'string',
      value: 'REF',
      description: 'Compare with this commit instead of the one in force (or, with no controller, the one before).',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'json|yaml|wide',
      description: 'Another form; wide lists every device, json and yaml follow schemas/plan.schema.json.',
    },
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values }): Promise<ExitCode> {
    if (positionals.length > 1) throw new CommandError('plan takes one REF at most', exitCodes.usage);
    const [next] = positionals;
    const format = formatOf(values.output);
    const plan = await makePlan(context, { ...(next && { next }), ...(values.base && { base: values.base }) });
    context.stdout.write(render(context, plan, format));
    return exitCodes.ok;
  },
};
