/** A device that its manifest holds at what it was issued, or at releases, for a reason and maybe until a time. */
import type { DeviceHold } from '../../schemas/generated/types.ts';
import type { DesiredDevice } from '../manifests/desired.ts';

/** When its hold ends, in milliseconds since the epoch; undefined when it has none, or one without an end. */
export function holdEndsAt({ hold }: Pick<DesiredDevice, 'hold'>): number | undefined {
  return hold?.until === undefined ? undefined : Date.parse(hold.until);
}

/** Whether it is held at `now`. */
export function isHeld(desired: Pick<DesiredDevice, 'hold'>, now: number): boolean {
  return desired.hold !== undefined && now < (holdEndsAt(desired) ?? Number.POSITIVE_INFINITY);
}

/** The releases that it is held at, and not at what it was issued, at `now`. */
export function pinsOf(desired: Pick<DesiredDevice, 'hold'>, now: number): DeviceHold['releases'] {
  return isHeld(desired, now) ? desired.hold?.releases : undefined;
}

/** The device with what it should run at `now` where nothing but its own hold has a say. */
export function asHeld(desired: DesiredDevice, now: number): DesiredDevice {
  const { pinned } = desired;
  return pinned === undefined || !isHeld(desired, now) ? desired : { ...desired, template: pinned };
}

/** `tide-logger 1.0.0 and chart 2.1.0`, for people. */
export function pinsText(releases: NonNullable<DeviceHold['releases']>): string {
  return Object.entries(releases)
    .map(([application, version]) => `${application} ${version}`)
    .join(' and ');
}

function holdWords({ reason, until, releases }: DeviceHold, ended: string): string {
  const where = [
    ...(releases === undefined ? [] : [`at ${pinsText(releases)}`]),
    ...(until === undefined ? [] : [`until ${until.slice(0, 16)}Z${ended}`]),
  ];
  return where.length === 0 ? reason : `${where.join(' ')}: ${reason}`;
}

/** `until 2026-12-24T08:00Z: sea trial`, or `at tide-logger 1.0.0 until …`, for people. */
export function holdText(hold: DeviceHold): string {
  return holdWords(hold, '');
}

/** The same, of one that may be over at `now`. */
export function holdTextAt(hold: DeviceHold, now: number): string {
  return holdWords(hold, isHeld({ hold }, now) ? '' : ', which is over');
}
