/** What was told already of the events of devices, so that nothing is told twice. */
import type { DeviceEvent, DeviceStatus } from '../schemas/generated/types.ts';

/** What happened on a device. */
export interface ToldEvent extends DeviceEvent {
  readonly device: string;
}

/** What was seen last of a device. */
interface Seen {
  readonly newest: string | undefined;
  readonly state: DeviceStatus['state'];
}

function keyOf({ at, code, message, deviceAt = '' }: DeviceEvent): string {
  return `${at} ${code} ${message} ${deviceAt}`;
}

export class ToldEvents {
  readonly #seen = new Map<string, Seen>();

  /** What is new of a device that is seen again, oldest first; of one that is in another state without an event, that. */
  take({ name, events, state, reason }: DeviceStatus, asOf: string): readonly ToldEvent[] {
    const before = this.#seen.get(name);
    const newest = events[0] === undefined ? undefined : keyOf(events[0]);
    this.#seen.set(name, { newest, state });
    const known = events.findIndex((event) => keyOf(event) === before?.newest);
    const fresh = (known === -1 ? events : events.slice(0, known)).toReversed();
    if (fresh.length > 0) return fresh.map((event) => ({ device: name, ...event }));
    if (before === undefined || before.state === state) return [];
    return [{ device: name, at: asOf, code: reason.code, message: reason.message }];
  }
}
