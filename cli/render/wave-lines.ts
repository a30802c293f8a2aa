/** The waves of a revision's fleets, as `validate` tells them. */
import type { ManifestState } from '../../controller/manifests/manifest-state.ts';
import { countUnder, namesUnder } from '../../controller/manifests/name-index.ts';
import { policyOf } from '../../controller/planning/rollout/policy-of.ts';
import { waveSizes } from '../../controller/planning/rollout/waves.ts';

/** A fleet whose changes go wave by wave, and how many devices each of them takes. */
export interface FleetWaves {
  readonly fleet: string;
  readonly waves: readonly { readonly name: string; readonly devices: number }[];
}

/** More fleets than this are only counted. */
const fleetsListedMax = 20;

/** Of all fleets that have waves, sorted by name. */
export function wavesIn({ fleets, members, devices }: ManifestState): readonly FleetWaves[] {
  const found = [...fleets].flatMap(([fleet, manifest]): FleetWaves[] => {
    const policy = policyOf(manifest);
    if (policy === undefined) return [];
    const membersOf = () =>
      Iterator.from(namesUnder(members, fleet)).map((name) => {
        return { name, labels: devices.get(name)!.metadata.labels ?? {} };
      });
    const sizes = waveSizes(fleet, countUnder(members, fleet), membersOf, policy.waves);
    return [{ fleet, waves: policy.waves.map(({ name }, at) => ({ name, devices: sizes[at]! })) }];
  });
  return found.sort((left, right) => (left.fleet < right.fleet ? -1 : 1));
}

/** `ships changes in 2 waves: canary (1 device), rest (3)`, a line a fleet. */
export function waveLines(all: readonly FleetWaves[]): string[] {
  const lines = all.slice(0, fleetsListedMax).map(({ fleet, waves }) => {
    const each = waves.map(({ name, devices }, at) => {
      const unit = at > 0 ? '' : devices === 1 ? ' device' : ' devices';
      return `${name} (${devices}${unit})`;
    });
    return `${fleet} changes in ${waves.length === 1 ? '1 wave' : `${waves.length} waves`}: ${each.join(', then ')}`;
  });
  const hidden = all.length - lines.length;
  return hidden === 0 ? lines : [...lines, `and ${hidden} more fleets have waves`];
}
