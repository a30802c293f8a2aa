/** The status document: what is asked of the view, answered in proportion to what is shown. */
import type { Turn } from '../../platform/turn.ts';
import type {
  BrokerStatus,
  DeviceStatus,
  ExpiryStatus,
  FleetStatus,
  OutletStatus,
  Refusal,
  SiteStatus,
  SourceStatus,
  StatusDocument,
  StorageStatus,
} from '../../schemas/generated/types.ts';
import { isTheirs, type Limits } from '../access/caller.ts';
import { type Context, described } from '../engine/context.ts';
import type { Image } from '../engine/image.ts';
import type { DocumentKey } from '../engine/records.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { deviceStatus, removedDeviceStatus } from '../planning/device-status.ts';
import { clockStepMs } from '../planning/heard.ts';
import { linkPrices } from '../planning/link-prices.ts';
import { convergenceOf } from '../planning/tally.ts';
import { fleetForecast } from './fleet-forecast.ts';
import type { Standing } from './groups.ts';
import { keptRows } from './kept-rows.ts';
import { notWellMax } from './not-well.ts';
import { rolloutEvents, rolloutPast, rolloutStatus } from './rollout-status.ts';
import { type Selection, type StatusQuery, selectDevices, shownMax } from './selection.ts';
import type { View } from './view.ts';

export interface StatusInputs {
  readonly turn: Pick<Turn, 'isOver' | 'pause'>;
  readonly view: View;
  readonly image: Image;
  readonly context: Context;
  readonly source: SourceStatus;
  /** Newest first. */
  readonly refusals: readonly Refusal[];
  readonly broker?: BrokerStatus;
  readonly storage?: StorageStatus;
  /** Where messages come out. */
  readonly outlets?: readonly OutletStatus[];
  /** Trust that comes to its end; absent where nobody looks. */
  readonly expiry?: readonly ExpiryStatus[];
}

/** As documents have times. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function summary({ tally, oldest }: Standing): Pick<FleetStatus, 'tally' | 'state' | 'asOf'> {
  return { tally, state: convergenceOf(tally), ...(oldest === undefined ? {} : { asOf: isoTime(oldest) }) };
}

function applicationsOf({ fleets, applications }: DesiredFleet, name: string): FleetStatus['applications'] {
  return (fleets.get(name)?.spec.applications ?? []).map((application) => ({
    name: application.name,
    version: application.release ?? applications.get(application.name)?.spec.release ?? '',
  }));
}

/** A fleet or site, and where its devices stand. */
export type Named = readonly [name: string, standing: Standing];

/** As `statesWorstFirst` has it of devices. */
const convergenceWorstFirst: readonly FleetStatus['state'][] = ['failed', 'stale', 'progressing', 'converged'];

function worstFirst(all: readonly Named[]): readonly Named[] {
  const byState = Map.groupBy(all, ([, { tally }]) => convergenceOf(tally));
  return convergenceWorstFirst.flatMap((state) => byState.get(state) ?? []);
}

function isWell([, { tally }]: Named): boolean {
  return convergenceOf(tally) === 'converged';
}

/** Fleets of a large answer: all that fit, the worst first. */
const fleetsMax = 100;

/** With its past where the fleet is asked for by its name, with what happened where events are. */
function rolloutIn({ image, context }: StatusInputs, name: string, query: StatusQuery): Pick<FleetStatus, 'rollout'> {
  // It tells of all sites of the fleet.
  if (query.within?.sites !== undefined) return {};
  const view = context.rollouts.view(name, context.now);
  if (view === undefined) return {};
  const rollout = rolloutStatus(view);
  if (query.target?.kind === 'fleet')
    return { rollout: { ...rollout, ...rolloutPast(view.rollout, image.finishedRollouts(name)) } };
  return { rollout: query.withEvents === true ? { ...rollout, events: rolloutEvents(view.rollout) } : rollout };
}

/** One fleet, without a forecast. */
export function fleetStatus(inputs: StatusInputs, [name, standing]: Named, query: StatusQuery): FleetStatus {
  const applications = applicationsOf(inputs.context.desired, name);
  return { name, ...summary(standing), applications, ...rolloutIn(inputs, name, query) };
}

/** One site. */
export function siteStatus([name, standing]: Named): SiteStatus {
  return { name, ...summary(standing) };
}

function shownFleets(
  inputs: StatusInputs,
  { groups }: Selection,
  query: StatusQuery,
): Pick<StatusDocument, 'fleets' | 'fleetsOmitted'> {
  const all = groups('fleet');
  const isLarge = all.length > fleetsMax;
  const fleets = (isLarge ? worstFirst(all) : all).slice(0, fleetsMax).map((one) => fleetStatus(inputs, one, query));
  return { fleets, ...(isLarge ? { fleetsOmitted: all.length - fleets.length } : {}) };
}

/** Of fleets on the first page: they may be large, and are the same on each. */
function rowsIn(inputs: StatusInputs, { groups, shown }: Selection, query: StatusQuery): Pick<StatusDocument, 'rows'> {
  if (query.withRows !== true) return {};
  const isFirst = query.page?.after === undefined;
  const fleets = isFirst ? groups('fleet').map(([name]) => name) : [];
  return { rows: keptRows(inputs, fleets, shown) };
}

/** A fleet that was asked for, or each of a few devices: by when those of it are heard that wait. */
async function withForecasts(
  inputs: StatusInputs,
  { target, selector, names, filter, within, page }: StatusQuery,
  fleets: readonly FleetStatus[],
): Promise<FleetStatus[]> {
  const isAsked = target === undefined ? inputs.view.size <= shownMax : target.kind === 'fleet';
  const isWhole = selector === undefined && names === undefined && filter === undefined && page?.after === undefined;
  const isAllSites = within?.sites === undefined;
  if (!isAsked || !isWhole || !isAllSites) return [...fleets];
  const told: FleetStatus[] = [];
  for (const fleet of fleets) {
    const forecast = await fleetForecast(inputs, fleet.name);
    told.push({ ...fleet, ...(forecast === undefined ? {} : { forecast }) });
  }
  return told;
}

/** Sites of a large answer: some that are not well, the worst first. */
function shownSites({ groups, count }: Selection): Pick<StatusDocument, 'sites' | 'sitesOmitted'> {
  const all = groups('site');
  const isLarge = count > shownMax && all.length > notWellMax;
  const shown = isLarge ? worstFirst(all.filter((one) => !isWell(one))).slice(0, notWellMax) : all;
  const sites = shown.map(siteStatus);
  return { sites, ...(isLarge ? { sitesOmitted: all.length - sites.length } : {}) };
}

/** One device; what of its documents is shown was brought before. */
export function describe({ image, context }: StatusInputs, name: string, withEvents: boolean): DeviceStatus {
  const observed = described(image, context, name, withEvents);
  const { now, keyId, rollouts } = context;
  const desired = context.desired.devices.get(name);
  const status =
    desired === undefined
      ? removedDeviceStatus(name, observed, now)
      : deviceStatus(desired, observed, now, keyId, rollouts.permitted(image, desired, observed, now));
  const counted = status.report?.links;
  const site = context.desired.sites.get(desired?.site ?? '');
  const prices = counted === undefined ? [] : linkPrices(counted, site);
  const told = prices.length === 0 ? status : { ...status, linkPrices: prices };
  return withEvents ? told : { ...told, events: [] };
}

/** Of who is no device that is known. */
const nowhere = { fleet: undefined, site: undefined };

/**
 * What is still worth a word: once a device was heard, it no longer matters that the key which git names for it was refused
 * before. Another key that claims its name is told of for as long as it is remembered.
 */
export function unsettled({ refusals, context, view }: StatusInputs, within?: Limits): Refusal[] {
  return refusals.filter(({ device = '', keyFingerprint, at }) => {
    if (within !== undefined && !isTheirs(within, view.row(device) ?? nowhere)) return false;
    const isItsOwn =
      keyFingerprint !== undefined && context.desired.devices.get(device)?.keyFingerprint === keyFingerprint;
    // One of a time to come was written down by a clock that ran ahead: any contact may be later.
    const atMs = Date.parse(at) > context.now + clockStepMs ? 0 : Date.parse(at);
    return !isItsOwn || (view.row(device)?.contactAt ?? 0) <= atMs;
  });
}

/** Refusals of a large answer. */
const refusalsShownMax = 20;

/** What of the documents of devices is shown. */
export function* shownDocuments(image: Image, shown: readonly string[], withEvents: boolean): Generator<DocumentKey> {
  for (const name of shown) {
    if (image.device(name).gist !== undefined) yield { room: 'reported', name };
    if (withEvents) yield { room: 'history', name };
  }
}

/** The document at one moment; the view has settled. Rejects with `NothingThere`. */
export async function statusDocument(inputs: StatusInputs, query: StatusQuery): Promise<StatusDocument> {
  const { turn, context, image, view, source, broker, storage, outlets = [], expiry } = inputs;
  const selection = await selectDevices(view, context.desired, query, turn);
  const { tally, shown, next, count } = selection;
  const omitted = query.page === undefined ? count - shown.length : 0;
  const withEvents = query.withEvents === true || query.target?.kind === 'device';
  const refusals = unsettled(inputs, query.within);
  const { fleets, ...fleetsLeft } = shownFleets(inputs, selection, query);
  const forecasts = await withForecasts(inputs, query, fleets);
  await image.documents.bring(shownDocuments(image, shown, withEvents));
  return {
    apiVersion: 'fleet/v1alpha1',
    kind: 'Status',
    asOf: isoTime(context.now),
    ...(context.keyId === '' ? {} : { deploymentKey: context.keyId }),
    source,
    ...(broker === undefined ? {} : { broker }),
    ...(storage === undefined ? {} : { storage }),
    ...(outlets.length === 0 ? {} : { outlets: [...outlets] }),
    ...(expiry === undefined ? {} : { expiry: [...expiry] }),
    tally,
    state: convergenceOf(tally),
    fleets: forecasts,
    ...fleetsLeft,
    ...shownSites(selection),
    devices: shown.map((name) => describe(inputs, name, withEvents)),
    ...(omitted > 0 ? { devicesOmitted: omitted } : {}),
    ...(next === undefined ? {} : { next }),
    ...rowsIn(inputs, selection, query),
    refusals: count > shownMax ? refusals.slice(0, refusalsShownMax) : refusals,
  };
}
