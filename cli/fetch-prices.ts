/** What each device of a plan pays for the modules that it lacks. */
import type { Catalogue } from '../controller/manifests/desired.ts';
import type { DeviceChange } from '../controller/planning/compare.ts';
import { deltaPairs } from '../controller/publishing/smaller-ways.ts';
import { modulesOf, openPrices, type Price, type UsualBases } from './fetch-price.ts';

/** Those that the controller makes deltas from for whoever was away for a while. */
function usualBasesAmong(releases: Catalogue): UsualBases {
  return ({ name, version }) => {
    const demand = { wanted: new Set([`${name}/${version}`]), held: new Set<string>() };
    return deltaPairs(releases, demand).map(({ base }) => base.sha256);
  };
}

/** By device, in the order of what it fetches. */
export async function fetchPrices(
  sides: Parameters<typeof modulesOf>[0],
  releases: Catalogue,
  devices: readonly DeviceChange[],
): Promise<ReadonlyMap<string, readonly Price[]>> {
  const priceOf = openPrices(modulesOf(sides), usualBasesAmong(releases));
  const prices = new Map<string, Price[]>();
  for (const { device, fetches } of devices) prices.set(device, await Promise.all(fetches.map(priceOf)));
  return prices;
}
