/** Which devices a question is about, and which of them its answer shows. */
import type { Turn } from '../../platform/turn.ts';
import type { Selector } from '../../schemas/generated/types.ts';
import { nearestName } from '../../schemas/nearest-name.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { selects } from '../manifests/selector.ts';
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
  /** All devices page by page, instead of those that deserve attention. */
  readonly page?: { readonly after?: string; readonly limit: number };
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
}

function selectionOf({ summary, count, names, isAsked }: Chosen, desired: DesiredFleet, page: StatusQuery['page']) {
  const few = (): readonly string[] => (count <= shownMax ? names() : summary.notWell);
  const groups: Selection['groups'] = (kind) => {
    const all = [...desired[`${kind}s`].keys()].filter((name) => isAsked(kind, name));
    return all.sort().map((name) => [name, summary[`${kind}s`].of(name)]);
  };
  return { count, tally: summary.tally, groups, ...(page === undefined ? { shown: few() } : pageOf(names(), page)) };
}

/** Those that a question may be about, in order of name. */
function candidates(view: View, { target, names }: StatusQuery): readonly string[] {
  if (target?.kind === 'device') return [target.name];
  if (names !== undefined) return [...new Set(names)].sort();
  return target === undefined ? view.names.all : [...view.summary[`${target.kind}s`].devicesOf(target.name)].sort();
}

function isMeant(name: string, row: Row, desired: DesiredFleet, { target, selector }: StatusQuery): boolean {
  if (target !== undefined && target.kind !== 'device' && row[target.kind] !== target.name) return false;
  return selector === undefined || selects(selector, desired.devices.get(name)?.labels ?? {});
}

/** Looks at each candidate, which may be all devices there are: others have their turn meanwhile. */
async function matching(
  view: View,
  desired: DesiredFleet,
  query: StatusQuery,
  turn: Pick<Turn, 'isOver' | 'pause'>,
): Promise<Chosen> {
  const { target, selector } = query;
  const summary = new Summary();
  const names: string[] = [];
  for (const name of candidates(view, query)) {
    if (turn.isOver()) await turn.pause();
    const row = view.row(name);
    if (row === undefined || !isMeant(name, row, desired, query)) continue;
    summary.move(name, undefined, row);
    names.push(name);
  }
  if (selector !== undefined && names.length === 0) {
    const where = target === undefined ? '' : ` of ${target.kind}/${target.name}`;
    throw new NothingThere(`no device${where} has these labels`);
  }
  const isNamed = (kind: string, name: string): boolean =>
    target?.kind === kind && target.name === name && selector === undefined && query.names === undefined;
  return {
    ...{ summary, count: names.length, names: () => names },
    isAsked: (kind, name) => summary[`${kind}s`].has(name) || isNamed(kind, name),
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

/** The devices that a question is about. Rejects with `NothingThere`. */
export async function selectDevices(
  view: View,
  desired: DesiredFleet,
  query: StatusQuery,
  turn: Pick<Turn, 'isOver' | 'pause'>,
): Promise<Selection> {
  checkTarget(view, desired, query);
  const isWhole = query.target === undefined && query.selector === undefined && query.names === undefined;
  const everybody = { summary: view.summary, count: view.size, names: () => view.names.all, isAsked: () => true };
  return selectionOf(isWhole ? everybody : await matching(view, desired, query, turn), desired, query.page);
}
