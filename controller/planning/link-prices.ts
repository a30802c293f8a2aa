/** What a device's links have cost. Pure. */
import type { LinkPrice, LinkReport, Site } from '../../schemas/generated/types.ts';
import { bytesInMB, roundedPrice } from './transfers.ts';

/** What the bytes that a device counted cost, by the prices that its site has now; links that cost nothing are left out. */
export function linkPrices(counted: readonly LinkReport[], site: Site | undefined): LinkPrice[] {
  const links = site?.spec.links ?? [];
  return counted.flatMap(({ name, bytes }) => {
    const { pricePerMB, currency } = links.find((link) => link.name === name) ?? {};
    if (pricePerMB === undefined || currency === undefined) return [];
    return [{ name, price: roundedPrice((bytes / bytesInMB) * pricePerMB), currency }];
  });
}
