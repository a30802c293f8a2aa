/** Events that wait to be decided upon, in order; requests of devices only so many. */
import type { EngineEvent } from './events.ts';
import type { Waiting } from './turn.ts';

/** Requests of devices that wait; further ones are not taken, and are asked again. */
const requestsMax = 50_000;

function isOfDevice({ kind }: EngineEvent): boolean {
  return kind === 'shadow-request' || kind === 'news';
}

export class EventQueue {
  #waiting: Waiting[] = [];
  #requests = 0;

  get size(): number {
    return this.#waiting.length;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whether there is room for it. */
  hasRoomFor(event: EngineEvent): boolean {
    return !isOfDevice(event) || this.#requests < requestsMax;
  }

  add(waiting: Waiting): void {
    if (isOfDevice(waiting.event)) this.#requests += 1;
    this.#waiting.push(waiting);
  }

  /** Those that came first, which stay. */
  first(count: number): readonly Waiting[] {
    return this.#waiting.slice(0, count);
  }

  /** Takes out those that came first. */
  drop(count: number): void {
    for (const { event } of this.#waiting.splice(0, count)) if (isOfDevice(event)) this.#requests -= 1;
  }
}
