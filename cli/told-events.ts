/** What was told already of the events of devices and rollouts, so that nothing is told twice. */
import type { DeviceEvent, DeviceStatus, FleetStatus } from '../schemas/generated/types.ts';

/** What happened on a device, or to the rollout of a fleet. */
export type ToldEvent = DeviceEvent & ({ readonly device: string } | { readonly rollout: string });

/** Whom it happened to, in words. */
export function subjectOf(event: ToldEvent): string {
  return 'device' in event ? event.device : `rollout/${event.rollout}`;
}

/** What was seen last of a device. */
interface Seen {
  readonly newest: string | undefined;
  readonly state: DeviceStatus['state'];
}

/** An event that is given its device's own time later is the same. */
function keyOf({ at, code, message }: DeviceEvent): string {
  return `${at} ${code} ${message}`;
}

/** Those behind the one that was newest, oldest first; all of them when that is not among them. */
function since(newest: string | undefined, newestFirst: readonly DeviceEvent[]): DeviceEvent[] {
  const known = newestFirst.findIndex((event) => keyOf(event) === newest);
  return (known === -1 ? newestFirst : newestFirst.slice(0, known)).toReversed();
}

function newestOf([first]: readonly DeviceEvent[]): string | undefined {
  return first === undefined ? undefined : keyOf(first);
}

export class ToldEvents {
  readonly #seen = new Map<string, Seen>();
  readonly #ofRollouts = new Map<string, string | undefined>();

  /** What is new of a device that is seen again, oldest first; of one that is in another state without an event, that. */
  take({ name, events, state, reason }: DeviceStatus, asOf: string): readonly ToldEvent[] {
    const before = this.#seen.get(name);
    this.#seen.set(name, { newest: newestOf(events), state });
    const fresh = since(before?.newest, events);
    if (fresh.length > 0) return fresh.map((event) => ({ device: name, ...event }));
    if (before === undefined || before.state === state) return [];
    return [{ device: name, at: asOf, code: reason.code, message: reason.message }];
  }

  /** What is new of a fleet's rollout, and of those before it where they are told of. */
  takeRollout({ name, rollout }: Pick<FleetStatus, 'name' | 'rollout'>): readonly ToldEvent[] {
    if (rollout === undefined) return [];
    const { number, events = [], finished = [] } = rollout;
    // One that is done stands until the next begins.
    const before = finished.filter((over) => over.number !== number);
    const newestFirst = [...events.toReversed(), ...before.flatMap((over) => over.events.toReversed())];
    const seen = this.#ofRollouts.get(name);
    this.#ofRollouts.set(name, newestOf(newestFirst));
    return since(seen, newestFirst).map((event) => ({ rollout: name, ...event }));
  }
}
