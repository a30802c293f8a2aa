/**
 * What is asked of status, as a URL's query says it: `target=fleet/NAME`, `selector=a=b`, `limit=100`, `after=NAME`,
 * `devices=NAME,NAME`, `events=true`, `rows=true`, and what devices are looked for by: `state=dark,failed`, `text=crane`,
 * `release=NAME/VERSION`, `held=true`, `wave=NAME`.
 */
import { BadQuery, filterNames, filterOf, isAsked, limitOf, refuseUnknown, selectorOf, textOf } from './query-parts.ts';
import type { StatusQuery } from './selection.ts';

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

function pageOf(parameters: URLSearchParams): Pick<StatusQuery, 'page'> {
  const after = textOf(parameters, 'after');
  if (after === undefined && !parameters.has('limit')) return {};
  return { page: { limit: limitOf(parameters), ...(after === undefined ? {} : { after }) } };
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

const known = new Set(['target', 'selector', 'limit', 'after', 'devices', 'events', 'rows', ...filterNames]);

/** Reads a query. Throws `BadQuery`. */
export function parseStatusQuery(parameters: URLSearchParams): StatusQuery {
  refuseUnknown(parameters, known);
  const filter = filterOf(parameters);
  return {
    ...targetOf(textOf(parameters, 'target')),
    ...selectorOf(parameters),
    ...namesOf(parameters.get('devices')),
    ...(filter === undefined ? {} : { filter }),
    ...pageOf(parameters),
    ...(isAsked(parameters, 'events') ? { withEvents: true } : {}),
    ...(isAsked(parameters, 'rows') ? { withRows: true } : {}),
  };
}
