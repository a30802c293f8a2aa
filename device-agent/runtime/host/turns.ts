/** Milliseconds a guest may run before others have their turn: what a neighbour's timer may be late by. */
export const sliceMs = 1;

/** How often in a row those that waited for something go before those that were cut off. */
const wokenInRowMax = 8;

/** Who is to run: what woke it up, or that its slice was over. */
export type Queue = 'woken' | 'preempted';

interface Waiting {
  readonly guest: string;
  readonly resume: () => void;
}

/** Those that wait, by the application they are of: one has its turn after the other, however many of one wait. */
class WaitingLine {
  readonly #byGuest = new Map<string, Waiting[]>();

  get isEmpty(): boolean {
    return this.#byGuest.size === 0;
  }

  add(one: Waiting): void {
    const others = this.#byGuest.get(one.guest);
    if (others === undefined) this.#byGuest.set(one.guest, [one]);
    else others.push(one);
  }

  take(): Waiting | undefined {
    const [first] = this.#byGuest;
    if (first === undefined) return undefined;
    const [guest, waiting] = first;
    const next = waiting.shift();
    this.#byGuest.delete(guest);
    // Behind all others.
    if (waiting.length > 0) this.#byGuest.set(guest, waiting);
    return next;
  }
}

export interface TurnPorts {
  /** Calls back once timers and what came in had their turn. */
  readonly nextTurn: (callback: () => void) => void;
  /** Notes who runs, and with `undefined` that nobody does: it outlives this process. */
  readonly mark: (guest: string | undefined) => void;
}

/**
 * Shares one thread among guests: one runs at a time, and between any two of them timers are looked at. A guest runs from
 * `resume` until it calls `leave`, or until the microtasks that `resume` caused are done.
 */
export class Turns {
  readonly #ports: TurnPorts;
  readonly #woken = new WaitingLine();
  readonly #preempted = new WaitingLine();
  #wokenInRow = 0;
  #isDue = false;

  constructor(ports: TurnPorts) {
    this.#ports = ports;
  }

  /** `resume` is called when it is the guest's turn. */
  enqueue(guest: string, queue: Queue, resume: () => void): void {
    (queue === 'woken' ? this.#woken : this.#preempted).add({ guest, resume });
    this.#arrange();
  }

  /** The guest whose turn it was runs no more. */
  leave(): void {
    this.#ports.mark(undefined);
  }

  #arrange(): void {
    if (this.#isDue || (this.#woken.isEmpty && this.#preempted.isEmpty)) return;
    this.#isDue = true;
    this.#ports.nextTurn(() => {
      this.#isDue = false;
      const next = this.#take();
      this.#arrange();
      if (next === undefined) return;
      this.#ports.mark(next.guest);
      next.resume();
    });
  }

  #take(): Waiting | undefined {
    const isPreemptedDue = !this.#preempted.isEmpty && this.#wokenInRow >= wokenInRowMax;
    const next = isPreemptedDue ? undefined : this.#woken.take();
    this.#wokenInRow = next === undefined ? 0 : this.#wokenInRow + 1;
    return next ?? this.#preempted.take();
  }
}
