/** A fleet's `spec.rollout` as it is planned by, with what it does not say filled in. */
import type { Fleet, FleetRollout, RolloutGate, RolloutWave } from '../../../schemas/generated/types.ts';
import { millisecondsOf } from '../../manifests/duration.ts';
import type { Amount, Budget, Bytes, Gate, RolloutPolicy, Wave } from './policy.ts';

/** Schema defaults, for what neither a wave nor its rollout says. */
const gateDefaults = { success: '100%', contacts: 1, patience: '24h', failures: 1 } as const;

/** Takes whoever is in no other. */
const restName = 'rest';

/** `5`, or `12.5%`. */
export function amountFrom(value: number | string): Amount {
  if (typeof value === 'number') return { kind: 'count', count: value };
  return { kind: 'percent', percent: Number.parseFloat(value) };
}

function gateOf(layers: RolloutGate): Gate {
  const { success, contacts, patience, failures } = { ...gateDefaults, ...layers };
  return {
    successPercent: Number.parseFloat(success),
    contacts: amountFrom(contacts),
    patienceMs: millisecondsOf(patience),
    failures: amountFrom(failures),
  };
}

function waveOf({ name, selector, limit, gate, soak, approve }: RolloutWave, common: RolloutGate | undefined): Wave {
  return {
    name,
    ...(selector === undefined ? {} : { selector }),
    ...(limit === undefined ? {} : { limit: amountFrom(limit) }),
    gate: gateOf({ ...common, ...gate }),
    soakMs: soak === undefined ? 0 : millisecondsOf(soak),
    ...(approve === undefined ? {} : { approve: approve === 'before' ? approve : 'after' }),
  };
}

function takesTheRest({ selector, limit }: RolloutWave): boolean {
  return selector === undefined && limit === undefined;
}

/** A name that none of these waves has: `rest`, unless somebody took it for another wave. */
function freeName(waves: readonly RolloutWave[]): string {
  const names = new Set(waves.map(({ name }) => name));
  let free = restName;
  for (let count = 2; names.has(free); count += 1) free = `${restName}-${count}`;
  return free;
}

/** The waves as they are planned: the last takes the rest. */
export function wavesOf(rollout: FleetRollout): readonly RolloutWave[] {
  const waves: readonly RolloutWave[] = rollout.waves ?? [];
  const last = waves.at(-1);
  return last !== undefined && takesTheRest(last) ? waves : [...waves, { name: freeName(waves) }];
}

function budgetOf({ groupBy, maxUnavailable }: NonNullable<FleetRollout['budget']>): Budget {
  return { groupBy: groupBy === 'site' ? { kind: 'site' } : { kind: 'label', key: groupBy }, maxUnavailable };
}

function bytesOf({ wholeModules = 'allow', patience = '1h' }: NonNullable<FleetRollout['bytes']>): Bytes {
  return { wholeModules, patienceMs: millisecondsOf(patience) };
}

/** How a fleet's changes roll out; undefined where they go to all at once. */
export function policyOf({ spec: { rollout } }: Fleet): RolloutPolicy | undefined {
  if (rollout === undefined) return undefined;
  const { gate, budget, bytes, onFailure = 'halt' } = rollout;
  return {
    waves: wavesOf(rollout).map((wave) => waveOf(wave, gate)),
    ...(budget === undefined ? {} : { budget: budgetOf(budget) }),
    ...(bytes === undefined ? {} : { bytes: bytesOf(bytes) }),
    onFailure,
  };
}
