/** What the modules that devices of a plan lack cost them in bytes: loaded where a device lacks one. */
import { encodeDelta } from '../artifact/delta/encode.ts';
import type { Catalogue } from '../controller/manifests/desired.ts';
import { brotliInBackground } from '../controller/publishing/compress.ts';
import { type FormMakers, type LackedModule, modulesOf, type Price } from '../controller/publishing/fetch-price.ts';
import { fetchPrices } from '../controller/publishing/fetch-prices.ts';
import type { JudgedRevision } from './plan-sides.ts';

/** Nobody waits for a turn here. */
const makers: FormMakers = {
  compress: brotliInBackground,
  makeDelta: async (old, fresh, effort) => encodeDelta(old, fresh, { effort }),
};

/** By device, in the order of what it fetches. */
export function planPrices(
  sides: readonly JudgedRevision[],
  releases: Catalogue,
  devices: readonly { readonly device: string; readonly fetches: readonly LackedModule[] }[],
): Promise<ReadonlyMap<string, readonly Price[]>> {
  const readModule = modulesOf(sides.map(({ state, readFile }) => ({ releases: state.catalogue.values(), readFile })));
  return fetchPrices(readModule, releases, devices, makers);
}
