/**
 * Virtual time. Nothing happens between two timers: the world runs what is due, lets every promise settle, and jumps to
 * the next timer. Equal due times run in the order in which they were set, so that a seed replays a run exactly.
 */
import type { Clock } from '../ports.ts';

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** A binary heap of timers, earliest first. */
class TimerHeap {
  readonly #timers: Timer[] = [];

  push(timer: Timer): void {
    const heap = this.#timers;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  peek(): Timer | undefined {
    return this.#timers[0];
  }

  pop(): Timer | undefined {
    const heap = this.#timers;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.due !== b.due ? a.due < b.due : a.order < b.order;
}

/** A process' hold on the world's time: when it is killed, its timers never fire and its sleeps never end. */
export interface Life {
  alive: boolean;
}

export class SimTime {
  readonly #heap = new TimerHeap();
  #now: number;
  #order = 0;
  readonly #settle: () => Promise<void>;

  /** `settle` waits until nothing can go on without time passing. */
  constructor(startMs: number, settle = settled) {
    this.#now = startMs;
    this.#settle = settle;
  }

  get now(): number {
    return this.#now;
  }

  at(due: number, run: () => void): Disposable {
    const timer: Timer = { due: Math.max(Math.ceil(due), this.#now), order: this.#order++, run, cancelled: false };
    this.#heap.push(timer);
    return {
      [Symbol.dispose]: () => {
        timer.cancelled = true;
      },
    };
  }

  /** A clock that dies with its process; `skewMs` is how wrong the machine's wall clock is, asked at each reading. */
  clock(life: Life, skewMs: () => number = () => 0): Clock {
    const after = (delayMs: number, callback: () => void): Disposable =>
      this.at(this.#now + Math.max(0, delayMs), () => {
        if (life.alive) callback();
      });
    return {
      now: () => this.#now + skewMs(),
      monotonic: () => this.#now,
      after,
      sleep: (delayMs, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason);
          const abort = (): void => {
            timer[Symbol.dispose]();
            reject(signal?.reason);
          };
          const timer = after(delayMs, () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          });
          signal?.addEventListener('abort', abort, { once: true });
        }),
    };
  }

  /** Runs the world until `end`; `afterEach` looks at it whenever everything has settled. */
  async runUntil(end: number, afterEach: () => Promise<void> | undefined = () => undefined): Promise<void> {
    await this.#settle();
    for (;;) {
      const next = this.#heap.peek();
      if (next === undefined || next.due > end) break;
      this.#now = next.due;
      for (let due = this.#heap.peek(); due !== undefined && due.due <= this.#now; due = this.#heap.peek()) {
        this.#heap.pop();
        if (due.cancelled) continue;
        due.run();
        await this.#settle();
      }
      const looking = afterEach();
      if (looking === undefined) continue;
      await looking;
      await this.#settle();
    }
    this.#now = end;
  }
}

/** Resolves when no promise is left that can settle without time passing. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** As `settled`, in a tenth of its time, for a world in which promises wait for promises alone and never for the machine. */
export function promisesSettled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
