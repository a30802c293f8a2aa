/** Updates of a plan that have no delta: which devices would have to take a module whole, wave by wave, and what that costs. Pure. */
import type { FetchPrice, PlannedPrice, SiteLink } from '../../schemas/generated/types.ts';
import { mayCarry } from './bytes-over.ts';
import type { DeviceChange } from './compare.ts';
import type { Fetch } from './lacked-modules.ts';
import { linksAt, pricesTogether, type Sites, transfersOf } from './transfers.ts';

/** Devices of one wave, or of a fleet that changes at once, to which the same applies. */
export interface WholeFetches {
  readonly fleet: string;
  readonly wave?: string;
  /** Whether they take it, ask first, or stay at what they run. */
  readonly terms: 'allow' | 'ask' | 'never';
  /** Sorted. */
  readonly devices: readonly string[];
  /** Over the link, of the modules that would come whole alone. */
  readonly bytes: number;
  /** Over the links of sites that tell of theirs. */
  readonly prices: readonly PlannedPrice[];
}

type Prices = ReadonlyMap<string, readonly FetchPrice[]>;

/** Whether modules come over none of these links but whole: a delta that was made, or may be found yet, changes nothing there. */
function bringsOnlyWhole(links: readonly SiteLink[] = []): boolean {
  return links.some((link) => mayCarry(link, 'whole')) && !links.some((link) => mayCarry(link, 'delta'));
}

function asWhole({ method, bytes, index, length }: FetchPrice): FetchPrice {
  return method === 'delta' ? { method: 'whole', bytes: length, index, length } : { method, bytes, index, length };
}

/** Whether a module has to come whole, though the device has another release of it. Of what the controller may find a delta yet nothing is said. */
export function isWholeUpdate({ method, atMost }: FetchPrice, { bases }: Fetch): boolean {
  return method !== 'delta' && atMost !== true && bases.length > 0;
}

/** The prices of what does. */
function wholePrices({ device, site, fetches }: DeviceChange, prices: Prices, sites: Sites): readonly FetchPrice[] {
  const isOnlyWhole = bringsOnlyWhole(linksAt(sites, site));
  const known = (prices.get(device) ?? []).map((price) => (isOnlyWhole ? asWhole(price) : price));
  return known.filter((price, at) => {
    const fetch = fetches[at];
    return fetch !== undefined && isWholeUpdate(price, fetch);
  });
}

function together(devices: readonly DeviceChange[], whole: Prices, sites: Sites): WholeFetches {
  const { fleet = '', wave, wholeModules: terms = 'allow' } = devices[0]!;
  const all = devices.flatMap(({ device }) => whole.get(device) ?? []);
  return {
    ...{ fleet, terms, ...(wave === undefined ? {} : { wave }) },
    devices: devices.map(({ device }) => device).sort(),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    prices: pricesTogether(transfersOf(devices, whole, sites)),
  };
}

/** By fleet, in the order in which devices stand. */
export function wholeFetches(devices: readonly DeviceChange[], prices: Prices, sites: Sites): WholeFetches[] {
  const whole = new Map(
    devices.flatMap((change) => {
      const of = change.kind === 'deploy' ? wholePrices(change, prices, sites) : [];
      return of.length === 0 ? [] : [[change.device, of] as const];
    }),
  );
  const concerned = devices.filter(({ device }) => whole.has(device));
  const groups = Map.groupBy(
    concerned,
    ({ fleet, wave, wholeModules }) => `${fleet} ${wave ?? ''} ${wholeModules ?? ''}`,
  );
  return [...groups.values()].map((group) => together(group, whole, sites));
}
