import type { LinkReport } from './generated/types.ts';

const rateUnits = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'] as const;

/** `128 kbit/s`, in three digits. */
export function rateWords(bitsPerSecond: number): string {
  const rounded = Number(bitsPerSecond.toPrecision(3));
  const power = Math.min(rateUnits.length - 1, Math.floor(Math.log10(Math.max(1, rounded)) / 3));
  return `${rounded / 1000 ** power} ${rateUnits[power]}`;
}

/** When modules came over it last, and how fast they usually do. */
function modulesWords({ modulesAt, bitsPerSecond }: LinkReport): string {
  if (modulesAt === undefined) return '';
  const rate = bitsPerSecond === undefined ? '' : `, usually at ${rateWords(bitsPerSecond)}`;
  return `; modules last came over it on ${modulesAt.slice(0, 10)}${rate}`;
}

/**
 * What a device counted on a link of its site: `vsat, which leads out: 12.3 MB since 2026-11-01; 30 MB of 50 MB this month;
 * modules last came over it on 2026-11-30, usually at 128 kbit/s`.
 */
export function siteLinkWords(link: LinkReport, bytesOf: (bytes: number) => string, price = ''): string {
  const { name, leadsOut, bytes, since, budget } = link;
  const who = leadsOut === true ? `${name}, which leads out` : name;
  const taken = since === undefined ? 'nothing yet' : `${bytesOf(bytes)} since ${since.slice(0, 10)}${price}`;
  const period = budget?.per === 'day' ? 'today' : 'this month';
  const limit = budget === undefined ? '' : `; ${bytesOf(budget.used)} of ${bytesOf(budget.bytes)} ${period}`;
  return `${who}: ${taken}${limit}${modulesWords(link)}`;
}
