/** The waves of a revision's fleets, as `validate` tells them. */
import type { ManifestState } from '../../controller/manifests/manifest-state.ts';
import { countUnder, namesUnder } from '../../controller/manifests/name-index.ts';
import { policyOf } from '../../controller/planning/rollout/policy-of.ts';
import { waveSizes } from '../../controller/planning/rollout/waves.ts';

/** A fleet whose changes go wave by wave, and how many devices each of them takes, where that was counted. */
export interface FleetWaves {
  readonly fleet: string;
  readonly waves: readonly { readonly name: string; readonly devices?: number }[];
}

/** More fleets than this are only counted. */
const fleetsListedMax = 20;

/** Devices that are looked at for waves that select; the waves of fleets beyond are told by their names alone. */
const devicesLookedAtMax = 10_000;

/** Of all fleets that have waves, sorted by name. */
export function wavesIn(
  { fleets, members, devices }: ManifestState,
  lookedAtMax = devicesLookedAtMax,
): readonly FleetWaves[] {
  const sorted = [...fleets].sort(([left], [right]) => (left < right ? -1 : 1));
  let left = lookedAtMax;
  return sorted.flatMap(([fleet, manifest]): FleetWaves[] => {
    const policy = policyOf(manifest);
    if (policy === undefined) return [];
    const size = countUnder(members, fleet);
    const needsLook = policy.waves.some(({ selector }) => selector !== undefined);
    if (needsLook && size > left) return [{ fleet, waves: policy.waves.map(({ name }) => ({ name })) }];
    if (needsLook) left -= size;
    const membersOf = () =>
      Iterator.from(namesUnder(members, fleet)).map((name) => {
        return { name, labels: devices.get(name)!.metadata.labels ?? {} };
      });
    const sizes = waveSizes(fleet, size, membersOf, policy.waves);
    return [{ fleet, waves: policy.waves.map(({ name }, at) => ({ name, devices: sizes[at]! })) }];
  });
}

/** `ships changes in 2 waves: canary (1 device), then rest (3)`, a line a fleet. */
export function waveLines(all: readonly FleetWaves[]): string[] {
  const lines = all.slice(0, fleetsListedMax).map(({ fleet, waves }) => {
    const each = waves.map(({ name, devices }, at) => {
      const unit = at > 0 ? '' : devices === 1 ? ' device' : ' devices';
      return devices === undefined ? name : `${name} (${devices}${unit})`;
    });
    return `${fleet} changes in ${waves.length === 1 ? '1 wave' : `${waves.length} waves`}: ${each.join(', then ')}`;
  });
  const hidden = all.length - lines.length;
  return hidden === 0 ? lines : [...lines, `and ${hidden} more fleets have waves`];
}
