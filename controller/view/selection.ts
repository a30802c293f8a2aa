/** Which devices a question is about, and which of them its answer shows. */
import type { Selector } from '../../schemas/generated/types.ts';
import { nearestName } from '../../schemas/nearest-name.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { selects } from '../manifests/selector.ts';
import { tallyOf } from '../planning/tally.ts';
import { Groups, type Standing } from './groups.ts';
import { mostUrgent } from './not-well.ts';
import type { Row } from './row.ts';
import { placeAmong } from './sorted-names.ts';
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
  /** All devices page by page, instead of those that deserve attention. */
  readonly page?: { readonly after?: string; readonly limit: number };
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

/** All devices: nothing is looked at but what is shown. */
function everybody(view: View, desired: DesiredFleet, { page }: StatusQuery): Selection {
  const few = (): readonly string[] => (view.size <= shownMax ? view.names.all : view.notWell);
  return {
    count: view.size,
    tally: view.total,
    groups: (kind) => [...desired[`${kind}s`].keys()].sort().map((name) => [name, view[`${kind}s`].of(name)]),
    ...(page === undefined ? { shown: few() } : pageOf(view.names.all, page)),
  };
}

/** Those that a question may be about, in order of name. */
function candidates(view: View, { target, names }: StatusQuery): readonly string[] {
  if (target?.kind === 'device') return [target.name];
  if (names !== undefined) return [...new Set(names)].sort();
  return target === undefined ? view.names.all : [...view[`${target.kind}s`].devicesOf(target.name)].sort();
}

function matching(view: View, desired: DesiredFleet, query: StatusQuery): ReadonlyMap<string, Row> {
  const { target, selector } = query;
  const found = new Map<string, Row>();
  for (const name of candidates(view, query)) {
    const row = view.row(name);
    if (row === undefined) continue;
    if (target !== undefined && target.kind !== 'device' && row[target.kind] !== target.name) continue;
    if (selector !== undefined && !selects(selector, desired.devices.get(name)?.labels ?? {})) continue;
    found.set(name, row);
  }
  if (selector !== undefined && found.size === 0) {
    const where = target === undefined ? '' : ` of ${target.kind}/${target.name}`;
    throw new NothingThere(`no device${where} has these labels`);
  }
  return found;
}

function groupsOf(kind: 'fleet' | 'site', rows: ReadonlyMap<string, Row>, desired: DesiredFleet, query: StatusQuery) {
  const { target, selector, names } = query;
  const groups = new Groups(kind);
  for (const [name, row] of rows) groups.move(name, undefined, row);
  const isNamed = (name: string): boolean =>
    target?.kind === kind && target.name === name && selector === undefined && names === undefined;
  const asked = [...desired[`${kind}s`].keys()].filter((name) => groups.has(name) || isNamed(name));
  return asked.sort().map((name): [string, Standing] => [name, groups.of(name)]);
}

function some(view: View, desired: DesiredFleet, query: StatusQuery): Selection {
  const rows = matching(view, desired, query);
  const names = [...rows.keys()];
  const few = (): readonly string[] => (names.length <= shownMax ? names : mostUrgent(rows));
  return {
    count: names.length,
    tally: tallyOf(rows.values()),
    groups: (kind) => groupsOf(kind, rows, desired, query),
    ...(query.page === undefined ? { shown: few() } : pageOf(names, query.page)),
  };
}

function checkTarget(view: View, desired: DesiredFleet, { target }: StatusQuery): void {
  if (target === undefined) return;
  const { kind, name } = target;
  const named: ReadonlyMap<string, unknown> = desired[`${kind}s`];
  if (named.has(name) || (kind === 'device' && view.row(name) !== undefined)) return;
  const nearest = nearestName(name, [...named.keys()]);
  const meant = nearest === undefined ? '' : `; did you mean ${kind}/${nearest}?`;
  throw new NothingThere(`there is no ${kind} ${JSON.stringify(name)} in the revision in force${meant}`);
}

/** The devices that a question is about. Throws `NothingThere`. */
export function selectDevices(view: View, desired: DesiredFleet, query: StatusQuery): Selection {
  checkTarget(view, desired, query);
  const isWhole = query.target === undefined && query.selector === undefined && query.names === undefined;
  return isWhole ? everybody(view, desired, query) : some(view, desired, query);
}
