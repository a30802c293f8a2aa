/** What the API lists: devices, fleets, sites, rollouts and releases, each page in proportion to what it shows. */
import type {
  DeviceLine,
  DevicePage,
  FleetPage,
  ReleasePage,
  RolloutPage,
  SitePage,
} from '../../schemas/generated/types.ts';
import type { Limits } from '../access/caller.ts';
import { cursorOf, type DeviceQuery, type Page } from './device-query.ts';
import { selectDevices } from './selection.ts';
import { describe, fleetStatus, isoTime, type Named, type StatusInputs, shownDocuments, siteStatus } from './status.ts';

/** What a list says of a device. */
function lineOf(inputs: StatusInputs, name: string): DeviceLine {
  const { report, desired, labels, state, reason, ...status } = describe(inputs, name, false);
  const { site, fleet, wave, connected, contactAt, expectedContact } = status;
  const row = inputs.view.row(name);
  return {
    name,
    ...(site !== undefined && { site }),
    ...(fleet !== undefined && { fleet }),
    ...(wave !== undefined && { wave }),
    ...{ labels, state, reason },
    ...(report !== undefined && { phase: report.phase }),
    ...(row?.isHeld === true && { isHeld: true }),
    ...(connected !== undefined && { connected }),
    ...(contactAt !== undefined && { contactAt }),
    ...(expectedContact !== undefined && { expectedContact }),
    ...(desired !== undefined && { revision: desired.revision }),
    runs: row?.runs?.split(' ').filter((release) => release !== '') ?? [],
  };
}

/** A page of devices. */
export async function devicePage(inputs: StatusInputs, query: DeviceQuery): Promise<DevicePage> {
  const { view, context, image, turn } = inputs;
  // Of before: what changes while the answer is made may not be in it.
  const { changeId } = view;
  const { shown, next, tally, count } = await selectDevices(view, context.desired, query, turn);
  await image.documents.bring(shownDocuments(image, shown, false));
  return {
    ...{ kind: 'DevicePage', asOf: isoTime(context.now), changeId, total: count, tally },
    items: shown.map((name) => lineOf(inputs, name)),
    ...(next !== undefined && { next: cursorOf(query.page.order ?? 'name', next) }),
  };
}

interface Cut<T> {
  readonly items: T[];
  readonly next?: string;
}

/** Those behind a cursor, which is the name of the last one before. */
function pageOf<T>(all: readonly T[], nameOf: (one: T) => string, { limit, after = '' }: Page): Cut<T> {
  const start = all.findIndex((one) => nameOf(one) > after);
  const items = start === -1 ? [] : all.slice(start, start + limit);
  const isMore = start !== -1 && start + items.length < all.length;
  return { items, ...(isMore && { next: cursorOf('name', nameOf(items.at(-1)!)) }) };
}

const firstOf = ([name]: readonly [name: string, ...rest: unknown[]]): string => name;

/** Fleets or sites of which something may be seen, in order of name. */
async function groupsOf(
  inputs: StatusInputs,
  kind: 'fleet' | 'site',
  within: Limits | undefined,
): Promise<readonly Named[]> {
  const { view, context, turn } = inputs;
  const query = { page: { limit: 0 }, ...(within !== undefined && { within }) };
  return (await selectDevices(view, context.desired, query, turn)).groups(kind);
}

/** A page of fleets. */
export async function fleetPage(inputs: StatusInputs, page: Page, within?: Limits): Promise<FleetPage> {
  const { items, ...next } = pageOf(await groupsOf(inputs, 'fleet', within), firstOf, page);
  const query = within === undefined ? {} : { within };
  return { kind: 'FleetPage', items: items.map((one) => fleetStatus(inputs, one, query)), ...next };
}

/** A page of sites. */
export async function sitePage(inputs: StatusInputs, page: Page, within?: Limits): Promise<SitePage> {
  const { items, ...next } = pageOf(await groupsOf(inputs, 'site', within), firstOf, page);
  return { kind: 'SitePage', items: items.map(siteStatus), ...next };
}

/** A page of the rollouts of fleets that have waves. */
export async function rolloutPage(inputs: StatusInputs, page: Page, within?: Limits): Promise<RolloutPage> {
  const { context } = inputs;
  const fleets = await groupsOf(inputs, 'fleet', within);
  const moving = fleets.filter(([name]) => context.rollouts.view(name, context.now) !== undefined);
  const { items, ...next } = pageOf(moving, firstOf, page);
  const told = items.flatMap((one) => {
    const { name, rollout } = fleetStatus(inputs, one, within === undefined ? {} : { within });
    return rollout === undefined ? [] : [{ fleet: name, rollout }];
  });
  return { kind: 'RolloutPage', items: told, ...next };
}

/** A page of the releases that run somewhere. */
export function releasePage({ view }: StatusInputs, page: Page): ReleasePage {
  const { items, ...next } = pageOf(view.releases.all, firstOf, page);
  return { kind: 'ReleasePage', items: items.map(([release, devices]) => ({ release, devices })), ...next };
}
