/** What a commit may not do by the policies of a repository: change many devices, cost much, skip a canary. Pure. */
import type { PlannedPrice, Policy } from '../../schemas/generated/types.ts';
import { canonicalJson } from '../manifests/canonical-json.ts';
import type { Finding, ValuePath } from '../manifests/finding.ts';
import type { ManifestState } from '../manifests/manifest-state.ts';
import { amountFrom } from './rollout/policy-of.ts';
import { amountOf } from './rollout/waves.ts';
import type { WeakenedBudgets } from './weakened-budgets.ts';

/** What a line of a commit's message may name as an exception. */
export type PolicyLimit = 'max-devices' | 'max-price' | 'min-waves' | 'max-first-wave' | 'keep-budgets';

/** A policy, and whose it is: of the revision in force, or of the commit alone, which has it anew or otherwise. */
export interface PlacedPolicy {
  readonly policy: Policy;
  readonly of: 'base' | 'next';
}

/** A limit that a commit is over. */
export interface PolicyExcess extends PlacedPolicy {
  readonly limit: PolicyLimit;
  /** Where in the policy's manifest. */
  readonly path: ValuePath;
  /** `it changes 4 devices, and spec.maxDevices of Policy/harbor is 2`. */
  readonly message: string;
}

/** An excess, and why it is meant, where the message of a commit says so. */
export interface PolicyVerdict extends PolicyExcess {
  readonly reason?: string;
}

/** What a commit does, as far as policies ask. */
export interface CommitWeight {
  /** That change, those included that git names no longer. */
  readonly devices: number;
  readonly prices: readonly PlannedPrice[];
  /** That get another definition, fewer waves or a larger first one, and in how many. */
  readonly fleets: readonly WeighedFleet[];
  readonly budgets: WeakenedBudgets;
}

/** Devices of a fleet that get something else, in so many waves as take anybody. */
export interface WeighedFleet {
  readonly fleet: string;
  readonly waves: number;
  readonly devices: number;
  /** In the first of these waves, of how many. */
  readonly first: { readonly devices: number; readonly of: number };
  /** They come from other fleets, and get what it has. */
  readonly isJoined?: true;
  /** Their holds name releases, which they get. */
  readonly isPinned?: true;
  /** It gets nothing else and has as many waves as before, the first of them larger. */
  readonly isWidened?: true;
}

/** The key of the lines. */
export const exceptionKey = 'Fleet-Exception';

/** Those that judge a commit: whoever changes a policy is under what it was and under what it is. */
export function policiesOf(
  base: Pick<ManifestState, 'policies'>,
  next: Pick<ManifestState, 'policies'>,
): PlacedPolicy[] {
  const before = [...base.policies];
  const known = new Map(before.map(([name, { spec }]) => [name, canonicalJson(spec)]));
  const fresh = [...next.policies].filter(([name, { spec }]) => known.get(name) !== canonicalJson(spec));
  return [
    ...before.map(([, policy]) => ({ policy, of: 'base' as const })),
    ...fresh.map(([, policy]) => ({ policy, of: 'next' as const })),
  ];
}

/** Whether one of them asks what a commit costs. */
export function asksForPrices(policies: readonly PlacedPolicy[]): boolean {
  return policies.some(({ policy }) => policy.spec.maxPrice !== undefined);
}

/** Whether one of them asks in which waves fleets change. */
export function asksForWaves(policies: readonly PlacedPolicy[]): boolean {
  return policies.some(({ policy: { spec } }) => spec.minWaves !== undefined || spec.maxFirstWave !== undefined);
}

/** Whether one of them asks what becomes of budgets. */
export function asksForBudgets(policies: readonly PlacedPolicy[]): boolean {
  return policies.some(({ policy }) => policy.spec.keepBudgets !== undefined);
}

function nameOf({ policy, of }: PlacedPolicy): string {
  return `Policy/${policy.metadata.name}${of === 'base' ? ', as it stands before it,' : ''}`;
}

function devicesExcess(placed: PlacedPolicy, { devices }: CommitWeight): PolicyExcess[] {
  const { maxDevices } = placed.policy.spec;
  if (maxDevices === undefined || devices <= maxDevices) return [];
  const seen = `it changes ${devices} ${devices === 1 ? 'device' : 'devices'}`;
  const message = `${seen}, and spec.maxDevices of ${nameOf(placed)} is ${maxDevices}`;
  return [{ ...placed, limit: 'max-devices', path: ['spec', 'maxDevices'], message }];
}

function priceExcess(placed: PlacedPolicy, { prices }: CommitWeight): PolicyExcess[] {
  const { maxPrice } = placed.policy.spec;
  if (maxPrice === undefined) return [];
  return prices.flatMap(({ currency, dearest }): PolicyExcess[] => {
    const most = Object.hasOwn(maxPrice, currency) ? maxPrice[currency] : undefined;
    if (dearest <= (most ?? 0)) return [];
    const path = ['spec', 'maxPrice', ...(most === undefined ? [] : [currency])];
    const rule = most === undefined ? `names no ${currency}` : `is ${most} ${currency}`;
    const message = `it may cost ${dearest} ${currency}, and spec.maxPrice of ${nameOf(placed)} ${rule}`;
    return [{ ...placed, limit: 'max-price', path, message }];
  });
}

/** Fleets or devices that a message names. */
const namedMax = 5;

function named(texts: readonly string[]): string {
  const rest = texts.length > namedMax ? ` and ${texts.length - namedMax} more` : '';
  return `${texts.slice(0, namedMax).join(', ')}${rest}`;
}

function weighedText({ fleet, waves, devices, isJoined, isPinned }: WeighedFleet): string {
  if (isPinned) return `${devices} devices of ${fleet} that holds put on other releases in ${waves}`;
  return isJoined ? `${devices} devices that come into ${fleet} in ${waves}` : `${fleet} in ${waves}`;
}

/** A fleet can go in no more waves than it has devices: one alone is its own canary. */
function wavesExcess(placed: PlacedPolicy, { fleets }: CommitWeight): PolicyExcess[] {
  const { minWaves = 0 } = placed.policy.spec;
  const fewer = fleets.filter(
    ({ waves, devices, isWidened }) => isWidened === undefined && waves < Math.min(minWaves, devices),
  );
  if (fewer.length === 0) return [];
  const seen = `fleets go in too few waves (${named(fewer.map(weighedText))})`;
  const message = `${seen}, and spec.minWaves of ${nameOf(placed)} is ${minWaves}`;
  return [{ ...placed, limit: 'min-waves', path: ['spec', 'minWaves'], message }];
}

function firstText({ fleet, devices, first, isJoined, isPinned }: WeighedFleet): string {
  if (isPinned) return `all ${devices} of ${fleet} that holds put on other releases`;
  return isJoined ? `all ${devices} that come into ${fleet}` : `${first.devices} of ${first.of} of ${fleet}`;
}

/** By the devices that are in it, whether a manifest limits it by a number or a part; one alone always goes first. */
function firstWaveExcess(placed: PlacedPolicy, { fleets }: CommitWeight): PolicyExcess[] {
  const { maxFirstWave } = placed.policy.spec;
  if (maxFirstWave === undefined) return [];
  const most = amountFrom(maxFirstWave);
  const larger = fleets.filter(({ first }) => first.devices > Math.max(1, amountOf(most, first.of)));
  if (larger.length === 0) return [];
  const seen = `too many devices are in a first wave (${named(larger.map(firstText))})`;
  const message = `${seen}, and spec.maxFirstWave of ${nameOf(placed)} is ${maxFirstWave}`;
  return [{ ...placed, limit: 'max-first-wave', path: ['spec', 'maxFirstWave'], message }];
}

/** `the budget of fleet ships, for bridge` and what may happen by that; absent where nothing is weaker. */
function weakenedTexts({ fleets, devices, links }: WeakenedBudgets): readonly string[] {
  const whose = [
    ...(fleets.length === 0 ? [] : [`of ${fleets.length === 1 ? 'fleet' : 'fleets'} ${named(fleets)}`]),
    ...(devices.length === 0 ? [] : [`for ${named(devices)}`]),
  ];
  return [
    ...(whose.length === 0
      ? []
      : [`it weakens the budget ${whose.join(' and ')}: more of a group may be away at once`]),
    ...(links.length === 0 ? [] : [`it lets devices take more over ${named(links)}`]),
  ];
}

function budgetsExcess(placed: PlacedPolicy, { budgets }: CommitWeight): PolicyExcess[] {
  const texts = placed.policy.spec.keepBudgets === undefined ? [] : weakenedTexts(budgets);
  return texts.map((seen) => {
    const message = `${seen}, and ${nameOf(placed)} has spec.keepBudgets`;
    return { ...placed, limit: 'keep-budgets', path: ['spec', 'keepBudgets'], message };
  });
}

/** All limits that a commit is over. */
export function excessesOf(policies: readonly PlacedPolicy[], weight: CommitWeight): PolicyExcess[] {
  return policies.flatMap((placed) => [
    ...devicesExcess(placed, weight),
    ...wavesExcess(placed, weight),
    ...firstWaveExcess(placed, weight),
    ...budgetsExcess(placed, weight),
    ...priceExcess(placed, weight),
  ]);
}

/** With the reasons that lines `Fleet-Exception: LIMIT REASON` give; without a reason a line says nothing. */
export function withReasons(excesses: readonly PolicyExcess[], exceptions: readonly string[]): PolicyVerdict[] {
  const reasons = new Map(
    exceptions
      .map((text) => /^(\S+)\s+(.+)$/.exec(text))
      .flatMap((match) => (match === null ? [] : [[match[1]!, match[2]!] as const]))
      // The newest, which comes first, is the one that is shown.
      .reverse(),
  );
  return excesses.map((excess) => {
    const reason = reasons.get(excess.limit);
    return reason === undefined ? excess : { ...excess, reason };
  });
}

/** What is wrong, and what would do. */
function verdictText({ message, limit, reason }: PolicyVerdict): string {
  if (reason !== undefined) return `${message}; a commit says why: ${reason}`;
  return `${message}; where that is meant, a line of the commit's message says so: ${exceptionKey}: ${limit} REASON`;
}

/** The codes of problems, by which people look them up. */
const codes: Readonly<Record<PolicyLimit, string>> = {
  'max-devices': 'OVER_MAX_DEVICES',
  'max-price': 'OVER_MAX_PRICE',
  'min-waves': 'UNDER_MIN_WAVES',
  'max-first-wave': 'OVER_MAX_FIRST_WAVE',
  'keep-budgets': 'WEAKENS_BUDGET',
};

/** At the limit in its manifest; `state` is that of the revision which the policy is of. */
export function findingOf(verdict: PolicyVerdict, { declared }: Pick<ManifestState, 'declared'>): Finding {
  const { policy, path, limit, reason } = verdict;
  const { file, document } = declared.get(`Policy/${policy.metadata.name}`)!;
  const code = reason === undefined ? codes[limit] : 'POLICY_EXCEPTION';
  return { file, document, path, part: 'value', code, message: verdictText(verdict) };
}
