/** What decisions go by besides what is remembered: what git wants, who is connected, the time. */
import type { DesiredDevice, DesiredFleet } from '../manifests/desired.ts';
import type { DescribedDevice, ObservedDevice, Unsettled } from '../planning/observed.ts';
import { reportOf } from './device-shadow.ts';
import type { FleetRollouts } from './fleet-rollouts.ts';
import type { Known } from './known.ts';
import { type Owed, owedKinds } from './records.ts';
import type { Heard } from './report-order.ts';

/** A device's connection, as a fact of this process's life: nobody is connected to a controller that has just started. */
export interface Link {
  readonly connected: boolean;
  readonly since: number;
  /** Where the newest one came from. */
  readonly address?: string;
}

export interface Context {
  readonly desired: DesiredFleet;
  /** The commit that `desired` comes from. */
  readonly revision: string | undefined;
  /**
   * Whether that is what the branch has: until it was looked at since the start, it is what the state has, which may be one that was
   * restored.
   */
  readonly isBranchSeen: boolean;
  /** Of fleets whose changes go to their devices wave by wave. */
  readonly rollouts: Pick<FleetRollouts, 'of' | 'permitted' | 'view'>;
  /** Of the key that deployments are signed with now. */
  readonly keyId: string;
  /** Undefined where the broker does not tell. */
  readonly links: ReadonlyMap<string, Link> | undefined;
  /** When devices were heard lately that have no newer contact written down. */
  readonly heard: ReadonlyMap<string, number>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The later of two contacts, where a clock that was set back since makes neither of them the future. */
export function laterContact(left: number | undefined, right: number | undefined, now: number): number | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  if (left > now) return right > now ? left : right;
  return right > now ? left : Math.max(left, right);
}

/** Whether anybody would hear what is said to the device now. */
export function mayHear({ links }: Pick<Context, 'links'>, device: string): boolean {
  return links === undefined || links.get(device)?.connected === true;
}

function unsettledOf(known: Known, device: string): Unsettled | undefined {
  for (const kind of owedKinds) {
    const owed: Owed | undefined = known.owed(kind, device);
    if (owed?.failure === undefined) continue;
    const { since, attempts, failure } = owed;
    return { kind, since, attempts, failure };
  }
  return undefined;
}

/** Whether what was said last of a device counts: it was not another key than git names for it that said it. */
export function isItsOwn(heard: Heard | undefined, key: string | undefined): boolean {
  return key === undefined || heard === undefined || heard.key === key;
}

/** A device as planning sees it, and as git names it. What another key said of it does not count. */
export function observe(
  known: Known,
  { links, heard: lately, now }: Context,
  device: string,
  desired: DesiredDevice | undefined,
): ObservedDevice {
  const record = known.device(device);
  const { issued, gist, runs, dropped, carried, takeovers, contradictions, heard, silences, shadow } = record;
  // Member by member: this is asked several times for every device of a fleet.
  const observed: { -readonly [K in keyof ObservedDevice]: ObservedDevice[K] } = {};
  if (issued !== undefined) observed.issued = issued;
  const counts = isItsOwn(heard, desired?.keyFingerprint);
  if (gist !== undefined && counts) observed.report = gist;
  if (gist !== undefined && !counts) observed.isKeyNew = true;
  if (runs !== undefined) observed.runs = runs;
  const contactAt = laterContact(lately.get(device), record.contactAt, now);
  if (contactAt !== undefined) observed.contactAt = contactAt;
  if (silences !== undefined) observed.silences = silences;
  const link = links?.get(device);
  if (links !== undefined) observed.connected = link?.connected === true;
  if (link !== undefined) observed.linkSince = link.since;
  if (link?.address !== undefined) observed.address = link.address;
  if (dropped !== undefined) observed.dropped = dropped;
  if (carried !== undefined) observed.carried = carried;
  if (takeovers !== undefined) observed.takeovers = takeovers;
  if (shadow.withheldAt !== undefined) observed.withheldAt = shadow.withheldAt;
  if (contradictions !== undefined) observed.contradictions = contradictions;
  const unsettled = unsettledOf(known, device);
  if (unsettled !== undefined) observed.unsettled = unsettled;
  return observed;
}

/** A device as it is shown: its report is at hand, and its history where that is asked for. */
export function described(known: Known, context: Context, device: string, withHistory: boolean): DescribedDevice {
  const { report: gist, ...observed } = observe(known, context, device, context.desired.devices.get(device));
  const report = gist === undefined ? undefined : reportOf(known, device);
  const events = (withHistory ? known.document('history', device) : undefined) ?? [];
  return { ...observed, ...(report === undefined ? {} : { report }), events };
}
