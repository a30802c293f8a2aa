/** Configuration in layers: maps merge member by member, everything else is replaced whole by the later layer. */
import type { Config } from '../../schemas/generated/types.ts';
import { isObject } from '../../schemas/json-object.ts';
import type { ValuePath } from './finding.ts';

/** `lower` with `upper` over it. Neither is changed; what only one of them has is shared, not copied. */
export function mergeConfig(lower: Config | undefined, upper: Config | undefined): Config {
  if (lower === undefined || upper === undefined) return lower ?? upper ?? {};
  const merged: Config = { ...lower };
  for (const [key, value] of Object.entries(upper)) {
    const under = Object.hasOwn(lower, key) ? lower[key] : undefined;
    merged[key] = isObject(under) && isObject(value) ? mergeConfig(under, value) : value;
  }
  return merged;
}

/** Index of the last layer that has a value at `path`: the one that the merged value comes from. */
export function layerOf(layers: readonly (Config | undefined)[], path: ValuePath): number {
  return layers.findLastIndex((layer) => {
    let at: unknown = layer;
    for (const step of path) {
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return false;
      at = (at as Readonly<Record<string | number, unknown>>)[step];
    }
    return at !== undefined;
  });
}
