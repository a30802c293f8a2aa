/** The status document: what is asked of the view, answered in proportion to what is shown. */
import type {
  BrokerStatus,
  DeviceStatus,
  ExpiryStatus,
  FleetStatus,
  OutletStatus,
  Refusal,
  Selector,
  SiteStatus,
  SourceStatus,
  StatusDocument,
  StorageStatus,
  Tally,
} from '../../schemas/generated/types.ts';
import { nearestName } from '../../schemas/nearest-name.ts';
import { type Context, observe } from '../engine/context.ts';
import type { Image } from '../engine/image.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { selects } from '../manifests/selector.ts';
import { deviceStatus, removedDeviceStatus } from '../planning/device-status.ts';
import { convergenceOf, counted, emptyTally, tallyOf } from '../planning/tally.ts';
import type { Row, View } from './view.ts';

/** A fleet shows all its devices up to so many; a larger one those that are not well. */
export const shownMax = 200;

/** Devices and sites that are not well and shown of a larger fleet. */
const notWellMax = 20;

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

export interface StatusInputs {
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

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Devices that match, with their rows, in order of name. */
type Matching = readonly (readonly [name: string, row: Row])[];

function checkTarget({ context: { desired }, view }: StatusInputs, { target }: StatusQuery): void {
  if (target === undefined) return;
  const { kind, name } = target;
  const named: ReadonlyMap<string, unknown> = desired[`${kind}s`];
  if (named.has(name) || (kind === 'device' && view.row(name) !== undefined)) return;
  const nearest = nearestName(name, [...named.keys()]);
  const meant = nearest === undefined ? '' : `; did you mean ${kind}/${nearest}?`;
  throw new NothingThere(`there is no ${kind} ${JSON.stringify(name)} in the revision in force${meant}`);
}

function matching(inputs: StatusInputs, { target, selector, names: asked }: StatusQuery): Matching {
  const { view, context } = inputs;
  const found: [string, Row][] = [];
  const some = target?.kind === 'device' ? [target.name] : asked;
  const names = some === undefined ? view.names.all : [...new Set(some)].sort();
  for (const name of names) {
    const row = view.row(name);
    if (row === undefined) continue;
    if (target !== undefined && target.kind !== 'device' && row[target.kind] !== target.name) continue;
    if (selector !== undefined && !selects(selector, context.desired.devices.get(name)?.labels ?? {})) continue;
    found.push([name, row]);
  }
  if (selector !== undefined && found.length === 0) {
    const where = target === undefined ? '' : ` of ${target.kind}/${target.name}`;
    throw new NothingThere(`no device${where} has these labels`);
  }
  return found;
}

/** Where some devices stand together: counts, and the oldest last contact unless one was never heard of. */
interface Group {
  tally: Tally;
  oldest: number | undefined;
  isComplete: boolean;
}

function grouped(devices: Matching, key: 'fleet' | 'site'): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const [, row] of devices) {
    const name = row[key];
    if (name === undefined) continue;
    let group = groups.get(name);
    if (group === undefined) {
      group = { tally: emptyTally, oldest: undefined, isComplete: true };
      groups.set(name, group);
    }
    group.isComplete &&= row.contactAt !== undefined;
    if (row.contactAt !== undefined && (group.oldest === undefined || row.contactAt < group.oldest)) {
      group.oldest = row.contactAt;
    }
  }
  return groups;
}

function summary({ tally, oldest, isComplete }: Group): Pick<FleetStatus, 'tally' | 'state' | 'asOf'> {
  const asOf = isComplete && oldest !== undefined ? { asOf: isoTime(oldest) } : {};
  return { tally, state: convergenceOf(tally), ...asOf };
}

function applicationsOf({ fleets, applications }: DesiredFleet, name: string): FleetStatus['applications'] {
  return (fleets.get(name)?.spec.applications ?? []).map((application) => ({
    name: application.name,
    version: application.release ?? applications.get(application.name)?.spec.release ?? '',
  }));
}

const noGroup: Group = { tally: emptyTally, oldest: undefined, isComplete: true };

/** Groups that hold what was asked for; with their own counts where all of a group was. */
function groupsOf(
  inputs: StatusInputs,
  query: StatusQuery,
  devices: Matching,
  kind: 'fleet' | 'site',
): [string, Group][] {
  const { view, context } = inputs;
  const groups = grouped(devices, kind);
  const { target, selector, names: asked } = query;
  const isWhole = selector === undefined && asked === undefined && (target === undefined || target.kind === kind);
  const named = [...context.desired[`${kind}s`].keys()].sort();
  const counts = isWhole ? undefined : tallies(devices, kind);
  return named.flatMap((name): [string, Group][] => {
    const group = groups.get(name);
    const isAsked = isWhole ? target === undefined || target.name === name : group !== undefined;
    if (!isAsked) return [];
    const tally = counts === undefined ? view[`${kind}s`].of(name) : (counts.get(name) ?? emptyTally);
    return [[name, { ...(group ?? noGroup), tally }]];
  });
}

function tallies(devices: Matching, kind: 'fleet' | 'site'): ReadonlyMap<string, Tally> {
  const counts = new Map<string, Tally>();
  for (const [, row] of devices) {
    const name = row[kind];
    if (name !== undefined) counts.set(name, counted(counts.get(name) ?? emptyTally, row));
  }
  return counts;
}

/** Sites of a large fleet: those that are not well. */
function shownSites(sites: readonly SiteStatus[], isLarge: boolean): Pick<StatusDocument, 'sites' | 'sitesOmitted'> {
  if (!isLarge || sites.length <= notWellMax) return { sites: [...sites] };
  const shown = sites.filter(({ state }) => state !== 'converged').slice(0, notWellMax);
  return { sites: shown, sitesOmitted: sites.length - shown.length };
}

function isWell({ state }: Row): boolean {
  return state === 'running' || state === 'removed';
}

function shownDevices(devices: Matching, { page }: StatusQuery): { shown: Matching; next?: string } {
  if (page === undefined) {
    if (devices.length <= shownMax) return { shown: devices };
    return { shown: devices.filter(([, row]) => !isWell(row)).slice(0, notWellMax) };
  }
  const { after } = page;
  const rest = after === undefined ? devices : devices.filter(([name]) => name > after);
  const shown = rest.slice(0, Math.min(page.limit, pageMax));
  const last = shown.at(-1)?.[0];
  return { shown, ...(shown.length < rest.length && last !== undefined ? { next: last } : {}) };
}

function describe({ image, context }: StatusInputs, name: string, isAlone: boolean): DeviceStatus {
  const observed = observe(image, context, name);
  const desired = context.desired.devices.get(name);
  const status =
    desired === undefined
      ? removedDeviceStatus(name, observed, context.now)
      : deviceStatus(desired, observed, context.now, context.keyId);
  return isAlone ? status : { ...status, events: [] };
}

/**
 * What is still worth a word: once a device was heard, it no longer matters that the key which git names for it was refused
 * before. Another key that claims its name is told of for as long as it is remembered.
 */
function unsettled({ refusals, context, view }: StatusInputs): Refusal[] {
  return refusals.filter(({ device = '', keyFingerprint, at }) => {
    const isItsOwn =
      keyFingerprint !== undefined && context.desired.devices.get(device)?.keyFingerprint === keyFingerprint;
    return !isItsOwn || (view.row(device)?.contactAt ?? 0) <= Date.parse(at);
  });
}

/** Refusals of a large answer. */
const refusalsShownMax = 20;

/** The document at one moment; the view has settled. Throws `NothingThere`. */
export function statusDocument(inputs: StatusInputs, query: StatusQuery): StatusDocument {
  const { context, view, source, broker, storage, outlets = [], expiry } = inputs;
  checkTarget(inputs, query);
  const devices = matching(inputs, query);
  const isWhole = query.target === undefined && query.selector === undefined && query.names === undefined;
  const tally = isWhole ? view.total : tallyOf(devices.map(([, row]) => row));
  const { shown, next } = shownDevices(devices, query);
  const isLarge = devices.length > shownMax;
  const sites = groupsOf(inputs, query, devices, 'site').map(([name, group]) => ({ name, ...summary(group) }));
  const omitted = query.page === undefined ? devices.length - shown.length : 0;
  const isAlone = query.target?.kind === 'device';
  const refusals = unsettled(inputs);
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
    fleets: groupsOf(inputs, query, devices, 'fleet').map(([name, group]) => ({
      name,
      ...summary(group),
      applications: applicationsOf(context.desired, name),
    })),
    ...shownSites(sites, isLarge),
    devices: shown.map(([name]) => describe(inputs, name, isAlone)),
    ...(omitted > 0 ? { devicesOmitted: omitted } : {}),
    ...(next === undefined ? {} : { next }),
    refusals: isLarge ? refusals.slice(0, refusalsShownMax) : refusals,
  };
}
