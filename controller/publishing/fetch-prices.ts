/** What each device pays for the modules that it lacks. */
import type { Catalogue } from '../manifests/desired.ts';
import {
  type FormMakers,
  type LackedModule,
  openPrices,
  type Price,
  type ReadModule,
  type UsualBases,
} from './fetch-price.ts';
import { deltaPairs } from './release-demand.ts';

/** Those that the controller makes deltas from for whoever was away for a while. */
function usualBasesAmong(releases: Catalogue): UsualBases {
  return ({ name, version }) => {
    const demand = { wanted: new Set([`${name}/${version}`]), held: new Set<string>() };
    return deltaPairs(releases, demand).map(({ base }) => base.sha256);
  };
}

/** Modules that devices lack: where bytes come from, all releases there are, who lacks what. */
export type PricedFetches = readonly [
  readModule: ReadModule,
  releases: Catalogue,
  devices: readonly { readonly device: string; readonly fetches: readonly LackedModule[] }[],
];

/** By device, in the order of what it fetches. */
export async function fetchPrices(
  ...[readModule, releases, devices, makers]: readonly [...PricedFetches, FormMakers]
): Promise<ReadonlyMap<string, readonly Price[]>> {
  const priceOf = openPrices(readModule, usualBasesAmong(releases), makers);
  const prices = new Map<string, Price[]>();
  for (const { device, fetches } of devices) prices.set(device, await Promise.all(fetches.map(priceOf)));
  return prices;
}
