/** What a plan costs over the links of sites, as a table and a sentence. */
import { pricesTogether } from '../../controller/planning/transfers.ts';
import type { LinkUse, OverBudget, PlannedTransfer } from '../../schemas/generated/types.ts';
import { bytes, money, span } from './quantities.ts';
import type { Style } from './style.ts';
import { type Column, table } from './table.ts';

/** More transfers than this are listed only with `-o wide`; the totals count them all. */
const transfersListedMax = 40;

const heads: readonly Column[] = [
  { head: 'FLEET' },
  { head: 'SITE' },
  { head: 'DEVICES', drop: 2 },
  { head: 'BYTES' },
  { head: 'WHOLE', drop: 1 },
  { head: 'CHEAPEST' },
  { head: 'DEAREST' },
];

const unknownTime = 'for a time that nobody knows yet';

/** `0.35 EUR, 12s over vsat`; `-` where nothing travels. */
export function linkUseText({ links, price, currency, seconds }: LinkUse): string {
  if (links.length === 0) return '-';
  const cost = currency === undefined ? '' : `${money(price, currency)}, `;
  const time = seconds === undefined ? unknownTime : span(Math.ceil(seconds) * 1000);
  return `${cost}${time} over ${links.join(' and ')}`;
}

/** Fleet by fleet and site by site; nothing where no site concerned tells of its links. */
export function transferTable(
  transfers: readonly PlannedTransfer[],
  { columns, style, wide }: { readonly columns: number; readonly style: Style; readonly wide: boolean },
): string {
  if (transfers.length === 0) return '';
  const shown = wide ? transfers : transfers.slice(0, transfersListedMax);
  const rows = shown.map(({ fleet, site, devices, cheapest, dearest, ...cost }) => [
    style('bold', fleet),
    site,
    String(devices),
    bytes(cost.bytes),
    bytes(cost.bytesWhole),
    linkUseText(cheapest),
    linkUseText(dearest),
  ]);
  const hidden = transfers.length - shown.length;
  const note = hidden === 0 ? '' : style('dim', `and ${hidden} more (-o wide lists them)\n`);
  return table(heads, rows, columns) + note;
}

/** Of the site whose links are busy longest: sites do not wait for each other. Those of which nobody knows for how long are left out. */
function longestSeconds(transfers: readonly PlannedTransfer[], end: 'cheapest' | 'dearest'): number {
  const bySite = new Map<string, number>();
  for (const { site, [end]: use } of transfers) bySite.set(site, (bySite.get(site) ?? 0) + (use.seconds ?? 0));
  return Math.ceil([...bySite.values()].reduce((most, one) => Math.max(most, one), 0));
}

/** At how many sites nobody knows yet how long it takes. */
function unratedSentence(transfers: readonly PlannedTransfer[]): string {
  const unrated = transfers.filter(({ cheapest, dearest }) => (cheapest.seconds ?? dearest.seconds) === undefined);
  const sites = new Set(unrated.map(({ site }) => site)).size;
  if (sites === 0) return '';
  return ` How long at ${sites} more ${sites === 1 ? 'site' : 'sites'} nobody knows yet: a link says no rate, and no device has seen it.`;
}

const budgetsNamedMax = 3;

/** Over which links some devices will wait for another day or month; the slowest first. */
function budgetSentences(transfers: readonly PlannedTransfer[]): string {
  const all = transfers.flatMap(({ site, overBudgets = [] }) => overBudgets.map((one) => ({ site, ...one })));
  const days = ({ budgets, per }: OverBudget): number => budgets * (per === 'day' ? 1 : 30);
  const slowest = all.toSorted((a, b) => days(b) - days(a)).slice(0, budgetsNamedMax);
  const each = slowest.map(({ site, link, devices, budgets, per }) => {
    const who = devices === 1 ? '1 device needs' : `${devices} devices need`;
    return ` Over ${link} of ${site} ${who} the budgets of ${budgets} ${per}s${devices === 1 ? '' : ' at most'}.`;
  });
  const rest = all.length - slowest.length;
  return each.join('') + (rest === 0 ? '' : ` So it is over ${rest} more ${rest === 1 ? 'link' : 'links'}.`);
}

/** What it comes to, as sentences; nothing where no site concerned tells of its links. */
export function transferSummary(transfers: readonly PlannedTransfer[]): string {
  if (transfers.length === 0) return '';
  const range = (least: string, most: string): string => (least === most ? least : `${least} to ${most}`);
  const costs = pricesTogether(transfers).map(({ currency, cheapest, dearest }) =>
    range(money(cheapest, currency), money(dearest, currency)),
  );
  const [least, most] = (['cheapest', 'dearest'] as const).map((end) => longestSeconds(transfers, end) * 1000);
  const uncarried = transfers.reduce((sum, { uncarriedBytes = 0 }) => sum + uncarriedBytes, 0);
  const rest = uncarried === 0 ? '' : ` Of ${bytes(uncarried)} of modules no link of their site may carry any.`;
  const cost = costs.length === 0 ? 'no money' : costs.join(' and ');
  return `Over the links of their sites that costs ${cost}, and takes ${range(span(least!), span(most!))} at the slowest site.${unratedSentence(transfers)}${rest}${budgetSentences(transfers)}\n`;
}
