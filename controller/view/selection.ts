/** Which devices a question is about, and which of them its answer shows. */
import type { Turn } from '../../platform/turn.ts';
import type { Selector } from '../../schemas/generated/types.ts';
import { nearestName } from '../../schemas/nearest-name.ts';
import { isTheirs, type Limits } from '../access/caller.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { selects } from '../manifests/selector.ts';
import { type DeviceFilter, passes } from './device-filter.ts';
import { type DeviceOrder, FirstPlaces, placeIn } from './device-order.ts';
import type { Standing } from './groups.ts';
import type { Row } from './row.ts';
import { placeAmong } from './sorted-names.ts';
import { Summary } from './summary.ts';
import type { View } from './view.ts';

/** A fleet shows all its devices up to so many; a larger one those that are not well. */
export const shownMax = 200;

/** Devices of one page at most. */
export const pageMax = 1000;

export interface StatusQuery {
  readonly target?: { readonly kind: 'fleet' | 'site' | 'device'; readonly name: string };
  readonly selector?: Selector;
  /** These devices alone, as far as they are known; nobody's absence is an error. */
  readonly names?: readonly string[];
  /** Of these devices those alone of which all of this is so. */
  readonly filter?: DeviceFilter;
  /** What of all there is may be seen: devices of one of these fleets, at one of these sites. */
  readonly within?: Limits;
  /** All devices page by page, instead of those that deserve attention. `after` is where the page before ended. */
  readonly page?: { readonly after?: string; readonly limit: number; readonly order?: DeviceOrder };
  /** With what happened on each device that is shown; a device that is asked for alone has that anyway. */
  readonly withEvents?: true;
  /** With what the controller keeps of the fleets and devices that are shown. */
  readonly withRows?: true;
}

/** What was asked for is not there; the message is for people. */
export class NothingThere extends Error {
  override readonly name = 'NothingThere';
}

/** What a question comes to, before a device is described. */
export interface Selection {
  /** How many devices it is about, shown or not. */
  readonly count: number;
  readonly tally: Standing['tally'];
  /** Fleets or sites that hold some of them, in order of name; that a question names one is enough. */
  readonly groups: (kind: 'fleet' | 'site') => readonly (readonly [name: string, standing: Standing])[];
  /** In order of name; of more than are shown the most urgent, those first. */
  readonly shown: readonly string[];
  /** Where the next page begins. */
  readonly next?: string;
}

function pageOf(names: readonly string[], { after, limit }: NonNullable<StatusQuery['page']>) {
  const place = after === undefined ? 0 : placeAmong(names, after);
  const start = names[place] === after ? place + 1 : place;
  const shown = names.slice(start, start + Math.min(limit, pageMax));
  const last = shown.at(-1);
  return { shown, ...(start + shown.length < names.length && last !== undefined ? { next: last } : {}) };
}

/** In order of name; of all names no more are put into order than are looked at. */
interface Chosen {
  readonly summary: Summary;
  readonly count: number;
  readonly names: () => readonly string[];
  /** Whether a fleet or site is shown. */
  readonly isAsked: (kind: 'fleet' | 'site', name: string) => boolean;
  /** Where a page in another order than that of names was asked for. */
  readonly paged?: Pick<Selection, 'shown' | 'next'>;
}

function selectionOf(chosen: Chosen, desired: DesiredFleet, page: StatusQuery['page']): Selection {
  const { summary, count, names, isAsked, paged } = chosen;
  const few = (): readonly string[] => (count <= shownMax ? names() : summary.notWell);
  const groups: Selection['groups'] = (kind) => {
    const all = [...desired[`${kind}s`].keys()].filter((name) => isAsked(kind, name));
    return all.sort().map((name) => [name, summary[`${kind}s`].of(name)]);
  };
  const shown = page === undefined ? { shown: few() } : (paged ?? pageOf(names(), page));
  return { count, tally: summary.tally, groups, ...shown };
}

/** Those that a question may be about, in order of name. */
function candidates(view: View, { target, names, filter = {}, within = {} }: StatusQuery): readonly string[] {
  if (target?.kind === 'device') return [target.name];
  if (names !== undefined) return [...new Set(names)].sort();
  const { fleets, sites } = view.summary;
  if (target !== undefined) return [...view.summary[`${target.kind}s`].devicesOf(target.name)].sort();
  if (filter.site !== undefined) return [...sites.devicesOf(filter.site)].sort();
  if (within.sites !== undefined) return within.sites.flatMap((site) => [...sites.devicesOf(site)]).sort();
  if (filter.fleet !== undefined) return [...fleets.devicesOf(filter.fleet)].sort();
  if (within.fleets !== undefined) return within.fleets.flatMap((fleet) => [...fleets.devicesOf(fleet)]).sort();
  return view.names.all;
}

function isMeant(name: string, row: Row, desired: DesiredFleet, query: StatusQuery): boolean {
  const { target, selector, filter, within } = query;
  if (target !== undefined && target.kind !== 'device' && row[target.kind] !== target.name) return false;
  if (within !== undefined && !isTheirs(within, row)) return false;
  if (filter !== undefined && !passes(name, row, desired, filter)) return false;
  return selector === undefined || selects(selector, desired.devices.get(name)?.labels ?? {});
}

/** What a question asks of devices besides where they are. */
function isOpen({ selector, names, filter, within }: StatusQuery): boolean {
  return selector === undefined && names === undefined && filter === undefined && within === undefined;
}

/** Looks at each candidate, which may be all devices there are: others have their turn meanwhile. */
async function matching(
  view: View,
  desired: DesiredFleet,
  query: StatusQuery,
  turn: Pick<Turn, 'isOver' | 'pause'>,
): Promise<Chosen> {
  const { target, selector, page, within = {} } = query;
  const { order = 'name' } = page ?? {};
  const summary = new Summary();
  const names: string[] = [];
  const places = new FirstPlaces(page?.after ?? '', Math.min(page?.limit ?? 0, pageMax));
  for (const name of candidates(view, query)) {
    if (turn.isOver()) await turn.pause();
    const row = view.row(name);
    if (row === undefined || !isMeant(name, row, desired, query)) continue;
    summary.move(name, undefined, row);
    names.push(name);
    if (order !== 'name') places.put(placeIn(order, name, row), name);
  }
  // A list may have nobody in it.
  if (selector !== undefined && names.length === 0 && page?.order === undefined) {
    const where = target === undefined ? '' : ` of ${target.kind}/${target.name}`;
    throw new NothingThere(`no device${where} has these labels`);
  }
  const isNamed = (kind: string, name: string): boolean =>
    (target?.kind === kind && target.name === name && isOpen(query)) ||
    within[`${kind as 'fleet'}s`]?.includes(name) === true;
  const { next } = places;
  return {
    ...{ summary, count: names.length, names: () => names },
    isAsked: (kind, name) => summary[`${kind}s`].has(name) || isNamed(kind, name),
    ...(order !== 'name' && { paged: { shown: places.names, ...(next !== undefined && { next }) } }),
  };
}

/** Whether a question is about something that may be seen. */
function mayBeAsked(view: View, { within }: StatusQuery, { kind, name }: NonNullable<StatusQuery['target']>): boolean {
  if (within === undefined) return true;
  if (kind !== 'device')
    return (
      within[`${kind}s`]?.includes(name) ??
      [...view.summary[`${kind}s`].devicesOf(name)].some((device) => isTheirs(within, view.row(device)!))
    );
  const row = view.row(name);
  return row !== undefined && isTheirs(within, row);
}

function checkTarget(view: View, desired: DesiredFleet, query: StatusQuery): void {
  const { target } = query;
  if (target === undefined) return;
  const { kind, name } = target;
  const named: ReadonlyMap<string, unknown> = desired[`${kind}s`];
  const isThere = named.has(name) || (kind === 'device' && view.row(name) !== undefined);
  if (isThere && mayBeAsked(view, query, target)) return;
  // Whose view is limited is told nothing of what others there are.
  const nearest = query.within === undefined ? nearestName(name, [...named.keys()]) : undefined;
  const meant = nearest === undefined ? '' : `; did you mean ${kind}/${nearest}?`;
  throw new NothingThere(`there is no ${kind} ${JSON.stringify(name)} in the revision in force${meant}`);
}

/** The devices that a question is about. Rejects with `NothingThere`. */
export async function selectDevices(
  view: View,
  desired: DesiredFleet,
  query: StatusQuery,
  turn: Pick<Turn, 'isOver' | 'pause'>,
): Promise<Selection> {
  checkTarget(view, desired, query);
  const { page, target } = query;
  const isWhole = target === undefined && isOpen(query) && (page?.order ?? 'name') === 'name';
  const everybody = { summary: view.summary, count: view.size, names: () => view.names.all, isAsked: () => true };
  return selectionOf(isWhole ? everybody : await matching(view, desired, query, turn), desired, page);
}
