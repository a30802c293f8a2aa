/** What a revision would change, worked out. */
import type { Catalogue, DesiredDevice } from '../controller/manifests/desired.ts';
import { desiredOf } from '../controller/manifests/manifest-state.ts';
import { countUnder, namesUnder } from '../controller/manifests/name-index.ts';
import { runAtOnce } from '../controller/manifests/steps.ts';
import { weighedChangesInSteps } from '../controller/planning/commit-weight.ts';
import { compareRevisions, type DeviceChange } from '../controller/planning/compare.ts';
import { asHeld } from '../controller/planning/hold.ts';
import { lackedModules } from '../controller/planning/lacked-modules.ts';
import { type DescribedDevice, staysAt } from '../controller/planning/observed.ts';
import { withSeenRates } from '../controller/planning/seen-rates.ts';
import { transfersOf } from '../controller/planning/transfers.ts';
import { wholeFetches } from '../controller/planning/whole-fetches.ts';
import type { DeviceStatus, StatusDocument } from '../schemas/generated/types.ts';
import { type CommandContext, CommandError } from './command.ts';
import { openFleetRepository, repositoryTop } from './fleet-repository.ts';
import { describing } from './known-device.ts';
import { judgePolicies } from './plan-policy.ts';
import { type JudgedRevision, judgeSides, type PlanQuestion } from './plan-sides.ts';
import type { KnownDevices, Plan } from './render/plan.ts';
import { controllersWord, type ShoreWord } from './shore-word.ts';
import { toolVersion } from './tool-version.ts';

/** What is told of all, or why there is nothing to go by. */
interface Answer {
  readonly status?: StatusDocument;
  readonly unknownBecause?: string;
}

async function ask(word: ShoreWord): Promise<Answer> {
  try {
    return { status: await word.status() };
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
  word: ShoreWord,
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
    return { known: { asOf: status.asOf, devices: await word.devices([...affected].sort()) } };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { unknownBecause: error.message };
  }
}

/** Those of both. */
function releasesOf(base: JudgedRevision, next: JudgedRevision): Catalogue {
  return new Map([...base.state.catalogue, ...next.state.catalogue]);
}

function compare(
  base: JudgedRevision,
  next: JudgedRevision,
  known: KnownDevices | undefined,
  now: number,
  { deploymentKey, fleets = [] }: Partial<Pick<StatusDocument, 'deploymentKey' | 'fleets'>> = {},
) {
  const devices = new Map(known?.devices.map((device) => [device.name, device]));
  const rollouts = new Map(fleets.map(({ name, rollout }) => [name, rollout]));
  const [from, to] = [desiredOf(base.state), desiredOf(next.state)];
  const describe = describing(from, to, now);
  return compareRevisions({
    ...{ base: from, next: to },
    membersOf: (fleet) => countUnder(next.state.members, fleet),
    namesIn: (fleet) => namesUnder(next.state.members, fleet),
    affected: next.affected,
    releases: releasesOf(base, next),
    now,
    ...(known && { rolloutOf: (fleet: string) => rollouts.get(fleet) }),
    ...(deploymentKey === undefined ? {} : { deploymentKey }),
    observe: (name) => {
      const device = devices.get(name);
      return device && describe(device);
    },
  });
}

/** A device with the modules that it has to fetch. */
export type LackingDevice = Pick<DeviceChange, 'device' | 'fetches'>;

/** What the manifests alone make of it. */
function bareChanges(base: JudgedRevision, next: JudgedRevision): Plan['change']['devices'] {
  const sides = { base: desiredOf(base.state), next: desiredOf(next.state) };
  const compared = { ...sides, observe: () => undefined, releases: releasesOf(base, next) };
  return runAtOnce(weighedChangesInSteps([...next.affected].sort(), compared));
}

/** What the modules that devices lack cost them; where none lacks any, nothing that makes deltas is loaded. */
async function pricesOf(
  context: CommandContext,
  { base, next }: Pick<OpenedPlan, 'base' | 'next'>,
  deployed: readonly LackingDevice[],
): Promise<Plan['prices']> {
  if (deployed.every(({ fetches }) => fetches.length === 0)) return new Map(deployed.map(({ device }) => [device, []]));
  const { planPrices } = await import('./plan-prices.ts');
  return planPrices([base, next], releasesOf(base, next), deployed, await context.loadFormMakers());
}

function deployedIn(devices: Plan['change']['devices']): Plan['change']['devices'] {
  return devices.filter(({ kind }) => kind === 'deploy');
}

/** Of devices of the next revision, those that don't run yet what it wants of them at a time, and what they have to fetch for that. */
function lackingIn(base: JudgedRevision, next: JudgedRevision, now: number): OpenedPlan['lacking'] {
  return (devices, told, atMs) => {
    const from = desiredOf(base.state);
    const releases = releasesOf(base, next);
    const describe = describing(from, desiredOf(next.state), now);
    return devices.flatMap((device) => {
      const { name } = device;
      const status = told.get(name);
      const [before, after, observed] = [from.devices.get(name), asHeld(device, atMs), status && describe(status)];
      const has = observed === undefined ? before && asHeld(before, now).template.hash : runningHash(observed);
      if (has === after.template.hash) return [];
      return [{ device: name, fetches: lackedModules(after, { before, observed, releases }) }];
    });
  };
}

/** Of what a device was issued, where it runs that. */
function runningHash({ issued, report }: DescribedDevice): string | undefined {
  return issued !== undefined && staysAt(report, issued) ? issued.templateHash : undefined;
}

/** A plan with what it was worked out from, of which parts are read only when somebody looks: while its repository is open. */
export interface OpenedPlan {
  readonly plan: Plan;
  readonly base: JudgedRevision;
  readonly next: JudgedRevision;
  /** Of all fleets, as they were told; none where nobody answers. */
  readonly fleets: StatusDocument['fleets'];
  /** What is known of devices, whatever the base is; nothing where nobody answers. */
  readonly tell: (names: readonly string[]) => Promise<readonly DeviceStatus[]>;
  /** These fleets, and what the controller keeps of them. Throws `CommandError`. */
  readonly tellFleets: ShoreWord['fleets'];
  /** Of devices of the revision, those that don't run yet what it wants of them at a time; of which nothing is told runs the base. */
  readonly lacking: (
    devices: readonly DesiredDevice[],
    told: ReadonlyMap<string, DeviceStatus>,
    atMs: number,
  ) => readonly LackingDevice[];
  readonly pricesOf: (devices: readonly LackingDevice[]) => Promise<Plan['prices']>;
}

/** Works the plan out by this word of the shore, and hands it over. Throws `CommandError`. */
export async function withPlan<T>(
  context: CommandContext,
  asked: PlanQuestion,
  word: ShoreWord,
  use: (opened: OpenedPlan) => Promise<T>,
): Promise<T> {
  const answer = await ask(word);
  const isTold = answer.status !== undefined;
  await using repository = await openFleetRepository(context, repositoryTop(context));
  const { base, next } = await judgeSides(context, repository, asked, answer.status, isTold && word.isLive);
  const { known, unknownBecause } = await askDevices(word, answer, base, next.affected);
  const change = compare(base, next, known, word.now, answer.status);
  const prices = await pricesOf(context, { base, next }, deployedIn(change.devices));
  const policy = await judgePolicies(context, repository, { base, next }, () => {
    const devices = bareChanges(base, next);
    // A price is for one module.
    const isPriced = devices.every(
      ({ kind, device, fetches }) => kind !== 'deploy' || prices.get(device)?.length === fetches.length,
    );
    const barePrices = async () =>
      known === undefined && isPriced ? prices : pricesOf(context, { base, next }, deployedIn(devices));
    return { devices, prices: barePrices };
  });
  const plan: Plan = {
    fleetVersion: toolVersion(context),
    base: base.side,
    next: next.side,
    change,
    prices,
    whole: wholeFetches(change.devices, prices, next.state.sites),
    transfers: transfersOf(change.devices, prices, withSeenRates(next.state.sites, known?.devices ?? [])),
    policy,
    warnings: next.warnings,
    notes: next.notes,
    ...(known && { known }),
    ...(unknownBecause !== undefined && { unknownBecause }),
  };
  return await use({
    plan,
    base,
    next,
    fleets: answer.status?.fleets ?? [],
    tell: async (names) => (isTold ? word.devices(names) : []),
    tellFleets: word.fleets,
    lacking: lackingIn(base, next, word.now),
    pricesOf: (devices) => pricesOf(context, { base, next }, devices),
  });
}

/** Works the plan out. Throws `CommandError`. */
export function makePlan(context: CommandContext, asked: PlanQuestion): Promise<Plan> {
  return withPlan(context, asked, controllersWord(context), async ({ plan }) => plan);
}
