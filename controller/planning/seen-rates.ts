/** How fast links are of which their site does not say that, as the devices there saw it. Pure. */
import type { DeviceStatus, LinkReport, SiteLink } from '../../schemas/generated/types.ts';
import { linksAt, type Sites } from './transfers.ts';

/** What of a device tells. */
export type RateTeller = Pick<DeviceStatus, 'site'> & { readonly report?: { readonly links?: readonly LinkReport[] } };

/** Of several devices the middle one, of two the slower. */
function middleOf(rates: readonly number[]): number | undefined {
  const sorted = [...rates].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >>> 1];
}

/** What one device tells, by link: it has one voice for each, however often it names it. */
function ratesOf({ report }: RateTeller): ReadonlyMap<string, number> {
  const links = report?.links ?? [];
  return new Map(links.flatMap(({ name, bitsPerSecond: rate }) => (rate === undefined ? [] : [[name, rate] as const])));
}

/** What devices tell, by site and link. */
function ratesTold(devices: readonly RateTeller[]): ReadonlyMap<string, readonly number[]> {
  const told = new Map<string, number[]>();
  for (const device of devices) {
    for (const [name, rate] of ratesOf(device)) {
      const key = `${device.site ?? ''} ${name}`;
      const known = told.get(key) ?? [];
      known.push(rate);
      told.set(key, known);
    }
  }
  return told;
}

function rated(link: SiteLink, seen: number | undefined): SiteLink {
  return link.rate !== undefined || seen === undefined ? link : { ...link, rate: `${seen}bit/s` };
}

/** The same sites, where links that say no rate have the one that these devices saw. */
export function withSeenRates(sites: Sites, devices: readonly RateTeller[]): Sites {
  const told = ratesTold(devices);
  return {
    get: (name) => {
      const site = sites.get(name);
      const links = linksAt(sites, name);
      if (site === undefined || links === undefined) return site;
      const seen = links.map((link) => rated(link, middleOf(told.get(`${name} ${link.name}`) ?? [])));
      return { ...site, spec: { ...site.spec, links: seen } };
    },
  };
}
