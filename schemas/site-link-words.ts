import type { LinkReport } from './generated/types.ts';

/** What a device counted on a link of its site: `vsat, which leads out: 12.3 MB since 2026-11-01; 30 MB of 50 MB this month`. */
export function siteLinkWords(
  { name, leadsOut, bytes, since, budget }: LinkReport,
  bytesOf: (bytes: number) => string,
  price = '',
): string {
  const who = leadsOut === true ? `${name}, which leads out` : name;
  const taken = since === undefined ? 'nothing yet' : `${bytesOf(bytes)} since ${since.slice(0, 10)}${price}`;
  const period = budget?.per === 'day' ? 'today' : 'this month';
  const limit = budget === undefined ? '' : `; ${bytesOf(budget.used)} of ${bytesOf(budget.bytes)} ${period}`;
  return `${who}: ${taken}${limit}`;
}
