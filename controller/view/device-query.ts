/**
 * Which devices are listed, as a URL's query says it: `fleet=NAME`, `site=NAME`, `wave=NAME`, `state=dark,failed`, `selector=a=b`,
 * `text=crane`, `release=NAME/VERSION`, `held=true`, `sort=contact`, `limit=100`, `cursor=...`.
 */
import { BadQuery, filterNames, filterOf, limitOf, orderOf, refuseUnknown, selectorOf, textOf } from './query-parts.ts';
import type { StatusQuery } from './selection.ts';

const known = new Set(['fleet', 'site', 'selector', 'sort', 'limit', 'cursor', ...filterNames]);

/** As URLs take it; it says in which order it is a place, so that it is not used in another. */
export function cursorOf(order: string, place: string): string {
  return Buffer.from(`${order} ${place}`).toString('base64url');
}

function afterOf(parameters: URLSearchParams, order: string): { readonly after?: string } {
  const cursor = textOf(parameters, 'cursor');
  if (cursor === undefined) return {};
  const text = Buffer.from(cursor, 'base64url').toString();
  if (text.startsWith(`${order} `)) return { after: text.slice(order.length + 1) };
  throw new BadQuery(`cursor ${JSON.stringify(cursor)} is not of a list in the order of ${order}: begin without one`);
}

/** A page of a list in order of name. */
export interface Page {
  readonly limit: number;
  /** The last name of the page before. */
  readonly after?: string;
}

/** Reads which page is asked for. Throws `BadQuery`. */
export function parsePage(parameters: URLSearchParams): Page {
  refuseUnknown(parameters, new Set(['limit', 'cursor']));
  return { limit: limitOf(parameters), ...afterOf(parameters, 'name') };
}

/** A question about devices, page by page. */
export type DeviceQuery = StatusQuery & Required<Pick<StatusQuery, 'page'>>;

/** Reads a query. Throws `BadQuery`. */
export function parseDeviceQuery(parameters: URLSearchParams): DeviceQuery {
  refuseUnknown(parameters, known);
  const [fleet, site] = [textOf(parameters, 'fleet'), textOf(parameters, 'site')];
  const filter = {
    ...filterOf(parameters),
    ...(fleet === undefined ? {} : { fleet }),
    ...(site === undefined ? {} : { site }),
  };
  const order = orderOf(parameters);
  return {
    ...selectorOf(parameters),
    ...(Object.keys(filter).length === 0 ? {} : { filter }),
    page: { limit: limitOf(parameters), order, ...afterOf(parameters, order) },
  };
}
