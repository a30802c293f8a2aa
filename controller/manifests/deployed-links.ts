import type { DeployedLink, DeployedLinkFact, LinkFact, Site, SiteLink } from '../../schemas/generated/types.ts';
import { windowsTold } from './deployed-windows.ts';
import { secondsOf } from './duration.ts';
import { billedBytesOf } from './quantity.ts';

function deployedFact({ name, is, maxAge }: LinkFact): DeployedLinkFact {
  return { name, is, maxAgeSeconds: secondsOf(maxAge) };
}

/** A link as a device is told of it; undefined where the device can't know it. */
function deployedLink({ name, match, carries, fetch, budget }: SiteLink): DeployedLink | undefined {
  if (match === undefined) return undefined;
  return {
    name,
    ...(match.interface === undefined ? {} : { interface: match.interface }),
    ...(match.fact === undefined ? {} : { fact: deployedFact(match.fact) }),
    ...(carries === undefined ? {} : { carries }),
    ...(fetch === undefined ? {} : { fetch: windowsTold(fetch) }),
    ...(budget === undefined ? {} : { budget: { bytes: billedBytesOf(budget.bytes), per: budget.per } }),
  };
}

/** Whether there is something that a device keeps to. */
function hasTerms({ carries, fetch, budget }: DeployedLink): boolean {
  return carries !== undefined || fetch !== undefined || budget !== undefined;
}

/** By the links of a site: those of each of its devices are asked for. */
const linksTold = new WeakMap<readonly SiteLink[], { readonly links?: DeployedLink[] }>();

/**
 * The links of a site as its devices are told of them, where at least one of them has terms: what it costs alone is no
 * reason for another deployment.
 */
export function deployedLinks(site: Site | undefined): { readonly links?: DeployedLink[] } {
  const all = site?.spec.links;
  if (all === undefined) return {};
  const told = linksTold.get(all) ?? linksToTell(all);
  linksTold.set(all, told);
  return told;
}

function linksToTell(all: readonly SiteLink[]): { readonly links?: DeployedLink[] } {
  const links = all.flatMap((link) => deployedLink(link) ?? []);
  return links.some(hasTerms) ? { links } : {};
}
