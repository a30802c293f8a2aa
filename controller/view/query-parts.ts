/** What the parameters of a URL's query say, each bounded and refused with what would do. */
import { parseSelector, SelectorTextError } from '../manifests/selector-text.ts';
import { statesWorstFirst } from '../planning/tally.ts';
import type { DeviceFilter } from './device-filter.ts';
import { deviceOrders } from './device-order.ts';
import { pageMax, type StatusQuery } from './selection.ts';

/** A question that makes no sense; the message is for who asked. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery';
}

/** Of each part of the query. */
const textLengthMax = 1024;

/** A parameter as it stands there. */
export function textOf(parameters: URLSearchParams, name: string): string | undefined {
  const text = parameters.get(name) ?? undefined;
  if (text !== undefined && text.length > textLengthMax) {
    throw new BadQuery(`${name} has ${text.length} characters, at most ${textLengthMax} are read`);
  }
  return text;
}

/** Refuses what nobody reads: who wrote it meant something. */
export function refuseUnknown(parameters: URLSearchParams, known: ReadonlySet<string>): void {
  for (const name of parameters.keys()) {
    if (known.has(name)) continue;
    const list = [...known].join(', ');
    throw new BadQuery(`nobody knows the parameter ${JSON.stringify(name.slice(0, 64))}; there are ${list}`);
  }
}

/** How many of a page; as many as one may have where nothing is said. */
export function limitOf(parameters: URLSearchParams): number {
  const text = textOf(parameters, 'limit');
  const count = text === undefined ? pageMax : Number(text);
  if (Number.isSafeInteger(count) && count >= 1 && count <= pageMax) return count;
  throw new BadQuery(`limit ${JSON.stringify(text)} is no number from 1 to ${pageMax}`);
}

/** Devices with these labels. */
export function selectorOf(parameters: URLSearchParams): Pick<StatusQuery, 'selector'> {
  const text = textOf(parameters, 'selector');
  if (text === undefined) return {};
  try {
    return { selector: parseSelector(text) };
  } catch (error) {
    if (error instanceof SelectorTextError) throw new BadQuery(`selector: ${error.message}`);
    throw error;
  }
}

/** Said with `true`, or not at all. */
export function isAsked(parameters: URLSearchParams, name: 'events' | 'rows'): boolean {
  const text = textOf(parameters, name);
  if (text === undefined || text === 'true') return text === 'true';
  throw new BadQuery(`${name} ${JSON.stringify(text)} is not true; leave it out to have none`);
}

function statesOf(parameters: URLSearchParams): Pick<DeviceFilter, 'states'> {
  const text = textOf(parameters, 'state');
  if (text === undefined) return {};
  const states = text.split(',').map((one) => statesWorstFirst.find((state) => state === one));
  if (!states.includes(undefined)) return { states: states as NonNullable<DeviceFilter['states']> };
  throw new BadQuery(`state ${JSON.stringify(text)} is not one or more of ${statesWorstFirst.join(',')}`);
}

const releasePattern = /^[^\s/]{1,63}\/[^\s/]{1,128}$/;

function releasesOf(parameters: URLSearchParams): Pick<DeviceFilter, 'releases'> {
  const text = textOf(parameters, 'release');
  if (text === undefined) return {};
  if (releasePattern.test(text)) return { releases: [text] };
  throw new BadQuery(`release ${JSON.stringify(text)} is not NAME/VERSION`);
}

function heldOf(parameters: URLSearchParams): Pick<DeviceFilter, 'isHeld'> {
  const text = textOf(parameters, 'held');
  if (text === undefined) return {};
  if (text === 'true' || text === 'false') return { isHeld: text === 'true' };
  throw new BadQuery(`held ${JSON.stringify(text)} is neither true nor false`);
}

/** The names of what `filterOf` reads. */
export const filterNames = ['state', 'text', 'release', 'held', 'wave'] as const;

/** What devices are looked for by; undefined where nothing is said. */
export function filterOf(parameters: URLSearchParams): DeviceFilter | undefined {
  const text = textOf(parameters, 'text')?.trim().toLowerCase();
  const wave = textOf(parameters, 'wave');
  const filter: DeviceFilter = {
    ...statesOf(parameters),
    ...(text === undefined || text === '' ? {} : { text }),
    ...releasesOf(parameters),
    ...heldOf(parameters),
    ...(wave === undefined ? {} : { wave }),
  };
  return Object.keys(filter).length === 0 ? undefined : filter;
}

/** In which order devices are listed. */
export function orderOf(parameters: URLSearchParams): NonNullable<NonNullable<StatusQuery['page']>['order']> {
  const text = textOf(parameters, 'sort') ?? 'name';
  const order = deviceOrders.find((one) => one === text);
  if (order !== undefined) return order;
  throw new BadQuery(`sort ${JSON.stringify(text)} is none of ${deviceOrders.join(', ')}`);
}
