/** Who is connected and who was heard: facts of this process's life, of which only the times of contacts are written down, and seldom. */
import type { Clock } from '../../platform/ports.ts';
import type { Link } from './context.ts';
import type { ContactEvent, EngineEvent } from './events.ts';

/** Contacts that no other write tells are written down this often. */
const flushMs = 60_000;
const contactsPerEvent = 64;

/** So many are told in one turn of the event loop: after a restart a whole fleet was heard. */
const contactsPerTurn = 4_096;

export interface ContactsParts {
  readonly clock: Clock;
  /** Whether the broker tells who is connected. */
  readonly tellsConnections: boolean;
  readonly isNamed: (device: string) => boolean;
  readonly tell: (event: EngineEvent) => void;
}

export class Contacts {
  readonly #parts: ContactsParts;
  readonly #links: Map<string, Link> | undefined;
  /** Devices heard lately whose contact is not written down. */
  readonly #heard = new Map<string, number>();
  #timer: Disposable | undefined;

  constructor(parts: ContactsParts) {
    this.#parts = parts;
    this.#links = parts.tellsConnections ? new Map() : undefined;
  }

  /** Undefined where the broker does not tell. */
  get links(): ReadonlyMap<string, Link> | undefined {
    return this.#links;
  }

  get heard(): ReadonlyMap<string, number> {
    return this.#heard;
  }

  /** Takes in what an event tells of a contact, before anything is decided; returns whether it told any. */
  note(event: EngineEvent): boolean {
    const now = this.#parts.clock.now();
    if (event.kind === 'contact') this.#noteLink(event, now);
    else if (event.kind !== 'shadow-request' || event.operation !== 'get') return false;
    else if (!this.#parts.isNamed(event.device)) return false;
    this.#heard.set(event.device, now);
    this.#schedule();
    return true;
  }

  #noteLink({ device, connected, address = this.#links?.get(device)?.address }: ContactEvent, since: number): void {
    this.#links?.set(device, { connected, since, ...(address === undefined ? {} : { address }) });
  }

  /** They are written down; what was heard since stays. */
  written(heardAt: ReadonlyMap<string, number>): void {
    for (const [device, at] of heardAt) if (this.#heard.get(device) === at) this.#heard.delete(device);
  }

  /** Writes no more by itself; what was heard is asked to be written now. */
  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#flush(this.#heard.entries(), this.#heard.size);
  }

  /** While nobody is heard nothing wakes up. */
  #schedule(): void {
    if (this.#heard.size === 0) return;
    this.#timer ??= this.#parts.clock.after(flushMs, () => this.#flushInTurns(this.#heard.entries(), this.#heard.size));
  }

  #flushInTurns(heard: MapIterator<[string, number]>, left: number): void {
    this.#timer = undefined;
    this.#flush(heard, Math.min(left, contactsPerTurn));
    if (left <= contactsPerTurn) return this.#schedule();
    this.#timer = this.#parts.clock.after(0, () => this.#flushInTurns(heard, left - contactsPerTurn));
  }

  #flush(heard: MapIterator<[string, number]>, count: number): void {
    const { isNamed, tell } = this.#parts;
    for (let at = 0; at < count; at += contactsPerEvent) {
      const heardAt = new Map<string, number>();
      for (let next = at; next < Math.min(count, at + contactsPerEvent); next += 1) {
        const { done, value } = heard.next();
        if (!done && isNamed(value[0])) heardAt.set(...value);
      }
      if (heardAt.size > 0) tell({ kind: 'contacts', heardAt });
    }
  }
}
