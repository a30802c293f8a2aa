/** What of a site's links their shape does not show: how they stand to each other. */
import { listAt } from './broken-manifest.ts';
import type { FileFinding, ValuePath } from './finding.ts';
import { valueAt } from './schema-violation.ts';

type Report = (path: ValuePath, part: FileFinding['part'], code: string, message: string) => void;

/** Whether some interface matches both. A `*` stands at the end only. */
function overlap(left: string, right: string): boolean {
  const [begin, other] = [left, right].map((pattern) => pattern.replace(/\*$/, ''));
  if (left.endsWith('*') && right.endsWith('*')) return begin!.startsWith(other!) || other!.startsWith(begin!);
  if (left.endsWith('*')) return right.startsWith(begin!);
  return right.endsWith('*') ? left.startsWith(other!) : left === right;
}

const currencyPath: ValuePath = ['currency'];
const interfacePath: ValuePath = ['match', 'interface'];

function checkPair(link: unknown, earlier: unknown, path: ValuePath, report: Report): void {
  const [name, other] = [valueAt(link, ['name']), valueAt(earlier, ['name'])];
  if (typeof name === 'string' && name === other)
    report([...path, 'name'], 'value', 'DUPLICATE_LINK', `the site already has a link "${name}"; give it another name`);
  const [pattern, taken] = [valueAt(link, interfacePath), valueAt(earlier, interfacePath)];
  if (typeof pattern === 'string' && typeof taken === 'string' && overlap(pattern, taken)) {
    const message = `"${pattern}" and "${taken}" of link "${other}" match the same interfaces; let each match its own`;
    report([...path, ...interfacePath], 'value', 'LINKS_OVERLAP', message);
  }
  const [currency, first] = [valueAt(link, currencyPath), valueAt(earlier, currencyPath)];
  if (typeof currency === 'string' && typeof first === 'string' && currency !== first) {
    const message = `link "${other}" is priced in ${first}, and prices of one site are compared; give this one in ${first} as well`;
    report([...path, ...currencyPath], 'value', 'TWO_CURRENCIES', message);
  }
}

function checkPrice(link: unknown, path: ValuePath, report: Report): void {
  const [hasPrice, hasCurrency] = ['pricePerMB', 'currency'].map((field) => valueAt(link, [field]) !== undefined);
  if (hasPrice === hasCurrency) return;
  const [field, message] = hasPrice
    ? ['pricePerMB', 'a price is in a currency; add currency, such as EUR']
    : ['currency', 'a currency is of a price; add pricePerMB, or remove it where bytes cost nothing'];
  report([...path, field], 'key', 'PRICE_INCOMPLETE', message);
}

/** A device keeps a budget by what goes through an interface that it can tell. */
function checkBudget(link: unknown, path: ValuePath, report: Report): void {
  if (valueAt(link, ['budget']) === undefined || valueAt(link, ['match']) !== undefined) return;
  const message =
    'no device can tell which of its interfaces this link is, and keep a budget on it; add match, such as { interface: wwan0 }';
  report([...path, 'budget'], 'key', 'BUDGET_UNKEPT', message);
}

/** Checks that a site's links can be told apart, compared and kept to. */
export function checkLinks(value: unknown, report: Report): void {
  const links = listAt(value, ['spec', 'links']);
  for (const [index, link] of links.entries()) {
    const path: ValuePath = ['spec', 'links', index];
    checkPrice(link, path, report);
    checkBudget(link, path, report);
    // Of many that are alike each is told once, beside the first of them.
    const seen = new Set<string>();
    for (const earlier of links.slice(0, index))
      checkPair(link, earlier, path, (at, part, code, message) => {
        if (!seen.has(code)) report(at, part, code, message);
        seen.add(code);
      });
  }
}
