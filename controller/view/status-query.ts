/** What is asked of status, as a URL's query says it: `target=fleet/NAME`, `selector=a=b`, `limit=100`, `after=NAME`, `devices=NAME,NAME`, `events=true`, `rows=true`. */
import { parseSelector, SelectorTextError } from '../manifests/selector-text.ts';
import { pageMax, type StatusQuery } from './selection.ts';

/** A question that makes no sense; the message is for who asked. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery';
}

/** Of each part of the query. */
const textLengthMax = 1024;

function textOf(parameters: URLSearchParams, name: string): string | undefined {
  const text = parameters.get(name) ?? undefined;
  if (text !== undefined && text.length > textLengthMax) {
    throw new BadQuery(`${name} has ${text.length} characters, at most ${textLengthMax} are read`);
  }
  return text;
}

/** `fleet/NAME`, `site/NAME` or `device/NAME`; undefined when it is none of them. */
export function parseTarget(text: string): StatusQuery['target'] {
  const [kind, name, ...rest] = text.split('/');
  const isKind = kind === 'fleet' || kind === 'site' || kind === 'device';
  return isKind && name && rest.length === 0 ? { kind, name } : undefined;
}

function targetOf(text: string | undefined): Pick<StatusQuery, 'target'> {
  if (text === undefined) return {};
  const target = parseTarget(text);
  if (target === undefined) {
    throw new BadQuery(`target ${JSON.stringify(text)} is not fleet/NAME, site/NAME or device/NAME`);
  }
  return { target };
}

function pageOf(limit: string | undefined, after: string | undefined): Pick<StatusQuery, 'page'> {
  if (limit === undefined && after === undefined) return {};
  const count = limit === undefined ? pageMax : Number(limit);
  if (!Number.isSafeInteger(count) || count < 1 || count > pageMax) {
    throw new BadQuery(`limit ${JSON.stringify(limit)} is no number from 1 to ${pageMax}`);
  }
  return { page: { limit: count, ...(after === undefined ? {} : { after }) } };
}

function selectorOf(text: string | undefined): Pick<StatusQuery, 'selector'> {
  if (text === undefined) return {};
  try {
    return { selector: parseSelector(text) };
  } catch (error) {
    if (error instanceof SelectorTextError) throw new BadQuery(`selector: ${error.message}`);
    throw error;
  }
}

/** Asked for by name at once, of at most 63 characters each. */
const namesMax = 100;

function namesOf(text: string | null): Pick<StatusQuery, 'names'> {
  if (text === null) return {};
  const names = text.length > namesMax * 64 ? undefined : text.split(',');
  if (names === undefined || names.length > namesMax) {
    throw new BadQuery(`devices has ${text.length} characters or more than ${namesMax} names, which is too much`);
  }
  return { names };
}

function isAsked(parameters: URLSearchParams, name: 'events' | 'rows'): boolean {
  const text = textOf(parameters, name);
  if (text === undefined || text === 'true') return text === 'true';
  throw new BadQuery(`${name} ${JSON.stringify(text)} is not true; leave it out to have none`);
}

const known = new Set(['target', 'selector', 'limit', 'after', 'devices', 'events', 'rows']);

/** Reads a query. Throws `BadQuery`. */
export function parseStatusQuery(parameters: URLSearchParams): StatusQuery {
  for (const name of parameters.keys()) {
    if (!known.has(name)) throw new BadQuery(`nobody knows the parameter ${JSON.stringify(name.slice(0, 64))}`);
  }
  return {
    ...targetOf(textOf(parameters, 'target')),
    ...selectorOf(textOf(parameters, 'selector')),
    ...namesOf(parameters.get('devices')),
    ...pageOf(textOf(parameters, 'limit'), textOf(parameters, 'after')),
    ...(isAsked(parameters, 'events') ? { withEvents: true } : {}),
    ...(isAsked(parameters, 'rows') ? { withRows: true } : {}),
  };
}
