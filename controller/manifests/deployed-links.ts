import type { DeployedLink, Site, SiteLink } from '../../schemas/generated/types.ts';
import { billedBytesOf } from './quantity.ts';

/** A link as a device is told of it; undefined where the device can't know it. */
function deployedLink({ name, match, carries, budget }: SiteLink): DeployedLink | undefined {
  if (match === undefined) return undefined;
  return {
    ...{ name, interface: match.interface },
    ...(carries === undefined ? {} : { carries }),
    ...(budget === undefined ? {} : { budget: { bytes: billedBytesOf(budget.bytes), per: budget.per } }),
  };
}

/** Whether there is something that a device keeps to. */
function hasTerms({ carries, budget }: DeployedLink): boolean {
  return carries !== undefined || budget !== undefined;
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
