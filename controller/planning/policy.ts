/** What a commit may not do by the policies of a repository: change many devices, cost much, skip a canary. Pure. */
import type { Fleet, PlannedPrice, Policy } from '../../schemas/generated/types.ts';
import { canonicalJson } from '../manifests/canonical-json.ts';
import { definitionOf } from '../manifests/definition.ts';
import type { Finding, ValuePath } from '../manifests/finding.ts';
import type { ManifestState } from '../manifests/manifest-state.ts';
import type { DeviceChange } from './compare.ts';
import { policyOf } from './rollout/policy-of.ts';

/** What a line of a commit's message may name as an exception. */
export type PolicyLimit = 'max-devices' | 'max-price' | 'min-waves';

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
  /** That get another definition, or fewer waves, and in how many. */
  readonly fleets: readonly { readonly fleet: string; readonly waves: number }[];
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

function waveCount(manifest: Fleet): number {
  return policyOf(manifest)?.waves.length ?? 1;
}

/**
 * The fleets that get another definition, and in how many waves; those that are new get their first. Who has fewer waves than before
 * is among them: devices that wait for what a commit before it brought get it by these.
 */
export function redefinedFleets(
  base: Parameters<typeof definitionOf>[0],
  next: Parameters<typeof definitionOf>[0],
): CommitWeight['fleets'] {
  return [...next.fleets].flatMap(([fleet, manifest]) => {
    const before = base.fleets.get(fleet);
    if (before === undefined) return [];
    const waves = waveCount(manifest);
    const isSame = definitionOf(base, fleet)?.hash === definitionOf(next, fleet)?.hash;
    return isSame && waves >= waveCount(before) ? [] : [{ fleet, waves }];
  });
}

/** Whether one of them asks what a commit costs. */
export function asksForPrices(policies: readonly PlacedPolicy[]): boolean {
  return policies.some(({ policy }) => policy.spec.maxPrice !== undefined);
}

/** Whether one of them asks in how many waves fleets change. */
export function asksForWaves(policies: readonly PlacedPolicy[]): boolean {
  return policies.some(({ policy }) => policy.spec.minWaves !== undefined);
}

/** The devices that a policy counts: those that a hold or a missing key keeps as they are, are not among them. */
export function movingDevices(devices: readonly DeviceChange[]): number {
  return devices.filter(({ kind }) => kind !== 'hold').length;
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

/** Fleets that a message names. */
const namedMax = 5;

function wavesExcess(placed: PlacedPolicy, { fleets }: CommitWeight): PolicyExcess[] {
  const { minWaves } = placed.policy.spec;
  const fewer = fleets.filter(({ waves }) => minWaves !== undefined && waves < minWaves);
  if (fewer.length === 0) return [];
  const named = fewer.slice(0, namedMax).map(({ fleet, waves }) => `${fleet} in ${waves}`);
  const rest = fewer.length > namedMax ? ` and ${fewer.length - namedMax} more` : '';
  const seen = `fleets go in too few waves (${named.join(', ')}${rest})`;
  const message = `${seen}, and spec.minWaves of ${nameOf(placed)} is ${minWaves}`;
  return [{ ...placed, limit: 'min-waves', path: ['spec', 'minWaves'], message }];
}

/** All limits that a commit is over. */
export function excessesOf(policies: readonly PlacedPolicy[], weight: CommitWeight): PolicyExcess[] {
  return policies.flatMap((placed) => [
    ...devicesExcess(placed, weight),
    ...wavesExcess(placed, weight),
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
};

/** At the limit in its manifest; `state` is that of the revision which the policy is of. */
export function findingOf(verdict: PolicyVerdict, { declared }: Pick<ManifestState, 'declared'>): Finding {
  const { policy, path, limit, reason } = verdict;
  const { file, document } = declared.get(`Policy/${policy.metadata.name}`)!;
  const code = reason === undefined ? codes[limit] : 'POLICY_EXCEPTION';
  return { file, document, path, part: 'value', code, message: verdictText(verdict) };
}
