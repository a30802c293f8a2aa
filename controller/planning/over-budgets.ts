/** How long modules take over links whose budgets devices keep to. Pure. */
import type { FetchPrice, OverBudget, SiteLink } from '../../schemas/generated/types.ts';
import { billedBytesOf } from '../manifests/quantity.ts';
import { bytesOver } from './bytes-over.ts';

/** Bytes of all that a device lacks, as far as it may go over a link. */
function bytesOfAll(link: SiteLink, fetches: readonly FetchPrice[]): number {
  return fetches.reduce((sum, fetch) => sum + (bytesOver(link, fetch) ?? 0), 0);
}

/** The links over which some device needs more than one budget for what it lacks, if it has no other way. */
export function overBudgets(links: readonly SiteLink[], lacking: readonly (readonly FetchPrice[])[]): OverBudget[] {
  return links.flatMap((link): OverBudget[] => {
    const { name, budget } = link;
    if (budget === undefined) return [];
    const periods = lacking.map((fetches) => Math.ceil(bytesOfAll(link, fetches) / billedBytesOf(budget.bytes)));
    const over = periods.filter((count) => count > 1);
    if (over.length === 0) return [];
    return [{ link: name, devices: over.length, budgets: over.reduce((a, b) => Math.max(a, b)), per: budget.per }];
  });
}
