import type {
  DeployedLink,
  DeployedLinkFact,
  LinkFact,
  Site,
  SiteLink,
  SiteSpec,
} from '../../schemas/generated/types.ts';
import { windowsTold } from './deployed-windows.ts';
import { secondsOf } from './duration.ts';
import { billedBytesOf } from './quantity.ts';

function deployedFact({ name, is, maxAge }: LinkFact): DeployedLinkFact {
  return { name, is, maxAgeSeconds: secondsOf(maxAge) };
}

/** How many prices of these are lower than its own; nothing where none is. */
function dearnessOf({ pricePerMB = 0 }: SiteLink, links: readonly SiteLink[]): { readonly dearness?: number } {
  const below = new Set(links.map(({ pricePerMB: price = 0 }) => price).filter((price) => price < pricePerMB));
  return below.size === 0 ? {} : { dearness: below.size };
}

/** A link as a device is told of it; undefined where the device can't know it. */
function deployedLink(link: SiteLink, compared: readonly SiteLink[]): DeployedLink | undefined {
  const { name, match, carries, fetch, budget } = link;
  if (match === undefined) return undefined;
  return {
    name,
    ...(match.interface === undefined ? {} : { interface: match.interface }),
    ...(match.fact === undefined ? {} : { fact: deployedFact(match.fact) }),
    ...dearnessOf(link, compared),
    ...(carries === undefined ? {} : { carries }),
    ...(fetch === undefined ? {} : { fetch: windowsTold(fetch) }),
    ...(budget === undefined ? {} : { budget: { bytes: billedBytesOf(budget.bytes), per: budget.per } }),
  };
}

/** Whether there is something that a device keeps to. */
function hasTerms({ carries, fetch, budget, dearness }: DeployedLink): boolean {
  return carries !== undefined || fetch !== undefined || budget !== undefined || dearness !== undefined;
}

/** By what a site says: those of each of its devices are asked for. */
const linksTold = new WeakMap<SiteSpec, { readonly links?: DeployedLink[] }>();

/**
 * The links of a site as its devices are told of them, where at least one of them has terms: what it costs alone is no
 * reason for another deployment, unless they are to choose by that or to tell how fast one is.
 */
export function deployedLinks(site: Site | undefined): { readonly links?: DeployedLink[] } {
  if (site?.spec.links === undefined) return {};
  const told = linksTold.get(site.spec) ?? linksToTell(site.spec.links, site.spec.modulesOver);
  linksTold.set(site.spec, told);
  return told;
}

function linksToTell(
  all: readonly SiteLink[],
  modulesOver: SiteSpec['modulesOver'],
): { readonly links?: DeployedLink[] } {
  const compared = modulesOver === 'cheapest' ? all.filter(({ match }) => match !== undefined) : [];
  const links = all.flatMap((link) => deployedLink(link, compared) ?? []);
  const asksForRates = all.some(({ rate, match }) => rate === undefined && match !== undefined);
  return asksForRates || links.some(hasTerms) ? { links } : {};
}
