/** What the modules of a plan cost over the links that sites tell of: bytes, money, time. Pure. */
import type {
  FetchPrice,
  LinkUse,
  PlannedPrice,
  PlannedTransfer,
  Site,
  SiteLink,
} from '../../schemas/generated/types.ts';
import { forEachInSteps, runAtOnce, type Steps } from '../manifests/steps.ts';
import { bytesOver } from './bytes-over.ts';
import type { DeviceChange } from './compare.ts';
import { overBudgets } from './over-budgets.ts';

/** Of links, a million: as they are priced. */
export const bytesInMB = 1_000_000;

const rateUnits: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 };

/** `128kbit/s` in bits per second; the schema has seen to its form. */
export function bitsPerSecond(rate: string): number {
  return Number.parseFloat(rate) * rateUnits[rate.replace(/^[\d.]+/, '').slice(0, -'/s'.length)]!;
}

/** One module over one link. */
export interface Carried {
  readonly link: string;
  readonly bytes: number;
  /** Infinite where nobody knows the link's rate. */
  readonly seconds: number;
  readonly price: number;
}

function carriedOver(link: SiteLink, fetch: FetchPrice): Carried[] {
  const bytes = bytesOver(link, fetch);
  if (bytes === undefined) return [];
  const price = (bytes / bytesInMB) * (link.pricePerMB ?? 0);
  const seconds = link.rate === undefined ? Number.POSITIVE_INFINITY : (bytes * 8) / bitsPerSecond(link.rate);
  return [{ link: link.name, bytes, price, seconds }];
}

/** The least money first; of those that cost the same the least time. */
function compareCarried(left: Carried, right: Carried): number {
  if (left.price !== right.price || left.seconds === right.seconds) return left.price - right.price;
  return left.seconds - right.seconds;
}

/** To millionths: further digits would be those of the arithmetic. */
export function roundedPrice(price: number): number {
  return Number(price.toFixed(6));
}

function sum(numbers: readonly number[]): number {
  return roundedPrice(numbers.reduce((all, one) => all + one, 0));
}

/** The ways of a module over the links of its site, the cheapest first; none where no link may carry it. */
export function waysOver(links: readonly SiteLink[], fetch: FetchPrice): readonly Carried[] {
  return links.flatMap((link) => carriedOver(link, fetch)).sort(compareCarried);
}

function useOf(carried: readonly Carried[], currency: string | undefined): LinkUse {
  const seconds = sum(carried.map((one) => one.seconds));
  return {
    links: [...new Set(carried.map(({ link }) => link))].sort(),
    bytes: sum(carried.map(({ bytes }) => bytes)),
    ...(Number.isFinite(seconds) && { seconds }),
    price: sum(carried.map(({ price }) => price)),
    ...(currency !== undefined && { currency }),
  };
}

/** What one fleet's devices at one site lack. */
interface Wanted {
  readonly fleet: string;
  readonly site: string;
  readonly links: readonly SiteLink[];
  /** Of each device. */
  readonly lacking: (readonly FetchPrice[])[];
}

function transferOf({ fleet, site, links, lacking }: Wanted): PlannedTransfer {
  const fetches = lacking.flat();
  const over = overBudgets(links, lacking);
  const ways = fetches.map((fetch) => waysOver(links, fetch));
  const currency = links.find((link) => link.currency !== undefined)?.currency;
  const uncarried = sum(fetches.filter((_, at) => ways[at]!.length === 0).map(({ length }) => length));
  return {
    ...{ fleet, site, devices: lacking.length },
    bytes: sum(fetches.map(({ bytes, index }) => bytes + index)),
    bytesWhole: sum(fetches.map(({ length, index }) => length + index)),
    cheapest: useOf(
      ways.flatMap((ordered) => ordered.slice(0, 1)),
      currency,
    ),
    dearest: useOf(
      ways.flatMap((ordered) => ordered.slice(-1)),
      currency,
    ),
    ...(uncarried > 0 && { uncarriedBytes: uncarried }),
    ...(over.length > 0 && { overBudgets: over }),
  };
}

/** Sites by name. */
export interface Sites {
  get(name: string): Site | undefined;
}

/** The links that a device's site tells of; undefined where it tells of none, or the device is at none. */
export function linksAt(sites: Sites, site: string | undefined): readonly SiteLink[] | undefined {
  return site === undefined ? undefined : sites.get(site)?.spec.links;
}

/** As `transfersOf`, step by step. */
export function* transfersInSteps(
  devices: readonly DeviceChange[],
  prices: ReadonlyMap<string, readonly FetchPrice[]>,
  sites: Sites,
): Steps<PlannedTransfer[]> {
  const wanted = new Map<string, Wanted>();
  yield* forEachInSteps(devices, ({ device, fleet, site }) => {
    const fetches = prices.get(device) ?? [];
    const links = linksAt(sites, site);
    if (fleet === undefined || site === undefined || links === undefined || fetches.length === 0) return;
    const key = `${fleet} ${site}`;
    const known = wanted.get(key) ?? { fleet, site, links, lacking: [] };
    known.lacking.push(fetches);
    wanted.set(key, known);
  });
  // A space comes before all that names are made of.
  const sorted = [...wanted].sort(([left], [right]) => (left < right ? -1 : 1));
  const transfers: PlannedTransfer[] = [];
  yield* forEachInSteps(sorted, ([, one]) => transfers.push(transferOf(one)));
  return transfers;
}

/** What each fleet's devices fetch over the links of each site that tells of them, sorted by fleet and site. */
export function transfersOf(...asked: Parameters<typeof transfersInSteps>): PlannedTransfer[] {
  return runAtOnce(transfersInSteps(...asked));
}

/** What all transfers cost together, in each currency, sorted. */
export function pricesTogether(transfers: readonly PlannedTransfer[]): PlannedPrice[] {
  const currencies = [...new Set(transfers.flatMap(({ cheapest }) => cheapest.currency ?? []))].sort();
  return currencies.map((currency) => {
    const same = transfers.filter(({ cheapest }) => cheapest.currency === currency);
    const total = (end: 'cheapest' | 'dearest'): number => sum(same.map((transfer) => transfer[end].price));
    return { currency, cheapest: total('cheapest'), dearest: total('dearest') };
  });
}
