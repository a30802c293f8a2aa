/** What the modules that devices of a plan lack cost them in bytes: loaded where a device lacks one. */
import type { Catalogue } from '../controller/manifests/desired.ts';
import { type FormMakers, type LackedModule, modulesOf, type Price } from '../controller/publishing/fetch-price.ts';
import { fetchPrices } from '../controller/publishing/fetch-prices.ts';
import type { JudgedRevision } from './plan-sides.ts';

/** By device, in the order of what it fetches. */
export function planPrices(
  sides: readonly JudgedRevision[],
  releases: Catalogue,
  devices: readonly { readonly device: string; readonly fetches: readonly LackedModule[] }[],
  makers: FormMakers,
): Promise<ReadonlyMap<string, readonly Price[]>> {
  const readModule = modulesOf(sides.map(({ state, readFile }) => ({ releases: state.catalogue.values(), readFile })));
  return fetchPrices(readModule, releases, devices, makers);
}
