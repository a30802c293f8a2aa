/** A device that its manifest holds at what it was issued, for a reason and maybe until a time. */
import type { DesiredDevice } from '../manifests/desired.ts';

/** When its hold ends, in milliseconds since the epoch; undefined when it has none, or one without an end. */
export function holdEndsAt({ hold }: Pick<DesiredDevice, 'hold'>): number | undefined {
  return hold?.until === undefined ? undefined : Date.parse(hold.until);
}

/** Whether it is held at `now`. */
export function isHeld(desired: Pick<DesiredDevice, 'hold'>, now: number): boolean {
  return desired.hold !== undefined && now < (holdEndsAt(desired) ?? Number.POSITIVE_INFINITY);
}

/** `until 2026-12-24T08:00Z: sea trial`, for people. */
export function holdText({ reason, until }: NonNullable<DesiredDevice['hold']>): string {
  return until === undefined ? reason : `until ${until.slice(0, 16)}Z: ${reason}`;
}
