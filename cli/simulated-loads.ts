/** What a device has to carry for a module, over one link of its site. Pure. */
import { windowsTold } from '../controller/manifests/deployed-windows.ts';
import { billedBytesOf } from '../controller/manifests/quantity.ts';
import { type Carried, waysOver } from '../controller/planning/transfers.ts';
import type { Load } from '../controller/simulation/light-fetch.ts';
import type { FetchPrice, SiteLink } from '../schemas/generated/types.ts';

/** Of a device whose site tells of no link, and of a link whose rate nobody knows. */
const bitsPerSecondAssumed = 1_000_000;

/** What a module may travel over. */
export interface Roads {
  /** Undefined where the site tells of none. */
  readonly links: readonly SiteLink[] | undefined;
  readonly over: 'cheapest' | 'dearest';
  /** Whether its fleet lets it come otherwise than as a delta. */
  readonly mayGoWhole: boolean;
}

/** What may not travel at all never comes. */
function neverComes({ bytes, index }: FetchPrice): Load {
  return { bytes: bytes + index, ms: Number.POSITIVE_INFINITY, price: 0 };
}

function msOf({ bytes, seconds }: Carried): number {
  return Number.isFinite(seconds) ? seconds * 1000 : (bytes * 8_000) / bitsPerSecondAssumed;
}

/** One module as it travels. */
export function loadOf(price: FetchPrice, { links, over, mayGoWhole }: Roads): Load {
  if (price.method !== 'delta' && !mayGoWhole) return neverComes(price);
  const bytes = price.bytes + price.index;
  if (links === undefined) return { bytes, ms: (bytes * 8_000) / bitsPerSecondAssumed, price: 0 };
  const way = waysOver(links, price).at(over === 'cheapest' ? 0 : -1);
  if (way === undefined) return neverComes(price);
  const currency = links.find((link) => link.currency !== undefined)?.currency;
  const { fetch: hours, budget } = links.find(({ name }) => name === way.link)!;
  return {
    ...{ link: way.link, bytes: way.bytes, ms: msOf(way), price: way.price },
    ...(currency !== undefined && { currency }),
    ...(hours !== undefined && { hours: windowsTold(hours) }),
    ...(budget !== undefined && { budget: { bytes: billedBytesOf(budget.bytes), per: budget.per } }),
  };
}
