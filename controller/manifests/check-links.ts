/** What of a site's links their shape does not show: how they stand to each other. */
import type { LinkMatch } from '../../schemas/generated/types.ts';
import { isObject } from '../../schemas/json-object.ts';
import { listAt } from './broken-manifest.ts';
import { checkWindowList } from './check-windows.ts';
import type { FileFinding, ValuePath } from './finding.ts';
import { valueAt } from './schema-violation.ts';

type Report = (path: ValuePath, part: FileFinding['part'], code: string, message: string) => void;

/** Whether some interface matches both. A `*` stands at the end only, and what is left out matches all. */
function shareInterface(left = '*', right = '*'): boolean {
  const [begin, other] = [left, right].map((pattern) => pattern.replace(/\*$/, ''));
  if (left.endsWith('*') && right.endsWith('*')) return begin!.startsWith(other!) || other!.startsWith(begin!);
  if (left.endsWith('*')) return right.startsWith(begin!);
  return right.endsWith('*') ? left.startsWith(other!) : left === right;
}

/** Whether both can be so at once: two values of one fact of a type can not. */
function shareFact(left: unknown, right: unknown): boolean {
  const [[name, is], [other, value]] = [left, right].map((fact) => [
    valueAt(fact, ['name']),
    valueAt(fact, ['is']),
  ]) as [[unknown, unknown], [unknown, unknown]];
  return name === undefined || name !== other || typeof is !== typeof value || is === value;
}

/** Whether some device could take one for the other, at some time. */
function overlap(left: LinkMatch, right: LinkMatch): boolean {
  return shareInterface(left.interface, right.interface) && shareFact(left.fact, right.fact);
}

/** `"eth*"`, `"eth*" while uplink is "vsat"`. */
function matchText({ interface: pattern, fact }: LinkMatch): string {
  const while_ = fact === undefined ? '' : `${fact.name} is ${JSON.stringify(fact.is)}`;
  if (pattern === undefined) return while_;
  return `"${pattern}"${fact === undefined ? '' : ` while ${while_}`}`;
}

const currencyPath: ValuePath = ['currency'];
const matchPath: ValuePath = ['match'];

/** Whether what links match has the shape that it should have; what has not is told by that. */
function isMatch(value: unknown): value is LinkMatch {
  const [pattern, fact] = [valueAt(value, ['interface']), valueAt(value, ['fact'])];
  const isPattern = pattern === undefined || typeof pattern === 'string';
  return isObject(value) && isPattern && (fact === undefined || isObject(fact)) && (pattern ?? fact) !== undefined;
}

function checkPair(link: unknown, earlier: unknown, path: ValuePath, report: Report): void {
  const [name, other] = [valueAt(link, ['name']), valueAt(earlier, ['name'])];
  if (typeof name === 'string' && name === other)
    report([...path, 'name'], 'value', 'DUPLICATE_LINK', `the site already has a link "${name}"; give it another name`);
  const [match, taken] = [valueAt(link, matchPath), valueAt(earlier, matchPath)];
  if (isMatch(match) && isMatch(taken) && overlap(match, taken)) {
    const what = `${matchText(match)} and ${matchText(taken)} of link "${other}"`;
    const message = `${what} may be so at once; let each match an interface of its own, or another value of one fact`;
    report([...path, ...matchPath], 'value', 'LINKS_OVERLAP', message);
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

/** Somebody has to know it. */
function checkRate(link: unknown, path: ValuePath, report: Report): void {
  if (!isObject(link) || link.rate !== undefined || link.match !== undefined) return;
  const message =
    'nobody knows how fast it is; add rate, such as 128kbit/s, or match, by which devices tell what they see of it';
  report(path, 'value', 'RATE_UNKNOWN', message);
}

/** A device keeps to what is said of a link that it can tell. */
function checkTerms(link: unknown, path: ValuePath, report: Report): void {
  if (valueAt(link, ['match']) !== undefined) return;
  const message =
    'no device can tell when it is on this link, and keep to that; add match, such as { interface: wwan0 }';
  for (const field of ['carries', 'budget', 'fetch'])
    if (valueAt(link, [field]) !== undefined) report([...path, field], 'key', 'TERMS_UNKEPT', message);
}

/** Of fewer than two that a device can tell there is no cheapest. */
function checkChoice(value: unknown, links: readonly unknown[], report: Report): void {
  const path: ValuePath = ['spec', 'modulesOver'];
  if (valueAt(value, path) === undefined) return;
  if (links.filter((link) => valueAt(link, matchPath) !== undefined).length > 1) return;
  const message =
    'a device chooses among links that it can tell, and fewer than two say how; add match to these, or remove modulesOver';
  report(path, 'key', 'TERMS_UNKEPT', message);
}

const neverOverIt = 'nothing could ever be fetched over it; write a window, or carries: [control] where that is meant';

/** Checks that a site's links can be told apart, compared and kept to. */
export function checkLinks(value: unknown, report: Report): void {
  const links = listAt(value, ['spec', 'links']);
  checkChoice(value, links, report);
  for (const [index, link] of links.entries()) {
    const path: ValuePath = ['spec', 'links', index];
    checkPrice(link, path, report);
    checkTerms(link, path, report);
    checkRate(link, path, report);
    checkWindowList(value, [...path, 'fetch'], neverOverIt, report);
    // Of many that are alike each is told once, beside the first of them.
    const seen = new Set<string>();
    for (const earlier of links.slice(0, index))
      checkPair(link, earlier, path, (at, part, code, message) => {
        if (!seen.has(code)) report(at, part, code, message);
        seen.add(code);
      });
  }
}
