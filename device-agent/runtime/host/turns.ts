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
  readonly #woken: Waiting[] = [];
  readonly #preempted: Waiting[] = [];
  #wokenInRow = 0;
  #isDue = false;

  constructor(ports: TurnPorts) {
    this.#ports = ports;
  }

  /** `resume` is called when it is the guest's turn. */
  enqueue(guest: string, queue: Queue, resume: () => void): void {
    (queue === 'woken' ? this.#woken : this.#preempted).push({ guest, resume });
    this.#arrange();
  }

  /** The guest whose turn it was runs no more. */
  leave(): void {
    this.#ports.mark(undefined);
  }

  #arrange(): void {
    if (this.#isDue || this.#woken.length + this.#preempted.length === 0) return;
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
    const isPreemptedDue = this.#preempted.length > 0 && this.#wokenInRow >= wokenInRowMax;
    const next = isPreemptedDue ? undefined : this.#woken.shift();
    this.#wokenInRow = next === undefined ? 0 : this.#wokenInRow + 1;
    return next ?? this.#preempted.shift();
  }
}
