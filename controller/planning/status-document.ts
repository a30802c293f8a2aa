/** Everything that is known, as one document: what `fleet status` shows. */
import type {
  BrokerStatus,
  ConvergenceState,
  DeviceStatus,
  ExpiryStatus,
  FleetStatus,
  Refusal,
  SiteStatus,
  SourceStatus,
  StatusDocument,
  Tally,
} from '../../schemas/generated/types.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { deviceStatus, heardAt, removedDeviceStatus } from './device-status.ts';
import type { ObservedDevice } from './observed.ts';

export interface StatusInputs {
  readonly desired: DesiredFleet;
  readonly observe: (device: string) => ObservedDevice;
  /** Devices that were ever issued a deployment or heard; those that git does not name are shown as removed. */
  readonly heard: readonly string[];
  readonly source: SourceStatus;
  readonly broker?: BrokerStatus;
  readonly refusals: readonly Refusal[];
  /** Trust that comes to its end; absent where nobody looks. */
  readonly expiry?: readonly ExpiryStatus[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Devices by state. */
export function tallyOf(devices: readonly DeviceStatus[]): Tally {
  const count = (state: DeviceStatus['state']): number => devices.filter((device) => device.state === state).length;
  return {
    desired: devices.length,
    running: count('running'),
    progressing: count('progressing'),
    failed: count('failed'),
    dark: count('dark'),
    unknown: count('unknown'),
  };
}

/** Worst first: what is failing, what moves, what can't be known. */
export function convergenceOf(tally: Tally): ConvergenceState {
  if (tally.failed > 0) return 'failed';
  if (tally.progressing > 0) return 'progressing';
  if (tally.dark + tally.unknown > 0) return 'stale';
  return 'converged';
}

/** The oldest last contact; undefined while one was never heard of. */
function oldestContact(devices: readonly DeviceStatus[]): string | undefined {
  let oldest: string | undefined;
  for (const { contactAt } of devices) {
    if (contactAt === undefined) return undefined;
    if (oldest === undefined || contactAt < oldest) oldest = contactAt;
  }
  return oldest;
}

/** Where some devices stand together. */
export function summaryOf(
  devices: readonly DeviceStatus[],
): Pick<FleetStatus, 'tally' | 'state'> & { readonly asOf?: string } {
  const tally = tallyOf(devices);
  const asOf = oldestContact(devices);
  return { tally, state: convergenceOf(tally), ...(asOf === undefined ? {} : { asOf }) };
}

function grouped(
  devices: readonly DeviceStatus[],
  key: (device: DeviceStatus) => string | undefined,
): ReadonlyMap<string, DeviceStatus[]> {
  const groups = new Map<string, DeviceStatus[]>();
  for (const device of devices) {
    const name = key(device);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [device]);
    else group.push(device);
  }
  return groups;
}

function fleetStatuses(
  { fleets, applications }: DesiredFleet,
  members: ReadonlyMap<string, DeviceStatus[]>,
): FleetStatus[] {
  return [...fleets.keys()].sort().map((name) => ({
    name,
    ...summaryOf(members.get(name) ?? []),
    applications: (fleets.get(name)?.spec.applications ?? []).map((application) => ({
      name: application.name,
      version: application.release ?? applications.get(application.name)?.spec.release ?? '',
    })),
  }));
}

/**
 * What is still worth a word: once a device was heard, it no longer matters that the key which git names for it was refused
 * before. Another key that claims its name is told of for as long as it is remembered.
 */
function unsettled({ desired, observe, refusals, now }: StatusInputs): Refusal[] {
  return refusals.filter(({ device = '', keyFingerprint, at }) => {
    const isItsOwn = keyFingerprint !== undefined && desired.devices.get(device)?.keyFingerprint === keyFingerprint;
    return !isItsOwn || (heardAt(observe(device), now) ?? 0) <= Date.parse(at);
  });
}

/** The document at one moment. */
export function statusDocument(inputs: StatusInputs): StatusDocument {
  const { desired, observe, heard, source, broker, expiry, now } = inputs;
  const named = [...desired.devices.keys()].sort();
  const devices = named.map((name) => deviceStatus(desired.devices.get(name)!, observe(name), now));
  const removed = heard
    .filter((name) => !desired.devices.has(name))
    .map((name) => removedDeviceStatus(name, observe(name), now));
  const bySite = grouped(devices, ({ site }) => site);
  const sites: SiteStatus[] = [...desired.sites.keys()]
    .sort()
    .map((name) => ({ name, ...summaryOf(bySite.get(name) ?? []) }));
  return {
    apiVersion: 'fleet/v1alpha1',
    kind: 'Status',
    asOf: new Date(now).toISOString(),
    source,
    ...(broker === undefined ? {} : { broker }),
    fleets: fleetStatuses(
      desired,
      grouped(devices, ({ fleet }) => fleet),
    ),
    sites,
    devices: [...devices, ...removed.sort((a, b) => (a.name < b.name ? -1 : 1))],
    ...(expiry === undefined ? {} : { expiry: [...expiry] }),
    refusals: unsettled(inputs),
  };
}
