import { ended, fuelContract } from '../../../artifact/fuel/contract.ts';
import type { Guest as Program } from '../wasi/guest.ts';
import type { SystemCall } from '../wasi/preview1.ts';

/** Of the 984 KiB that the engine gives a suspendable stack: room for the largest frame and the host's own is left. */
const stackBytes = 640 * 1024;

/** What instances ask of their guest, through what they import. */
export interface Caller {
  /** A system call, made by the guest's own program or by the one that is named. */
  systemCall(call: SystemCall, by: Program | undefined, values: readonly never[]): unknown;
  /** Its fuel is below zero: it has some when this resolves, or ends. */
  out(): Promise<void> | undefined;
}

/**
 * The globals that metered instances count down, the same for all guests of a thread: they hold the values of whoever has its turn,
 * and are nobody's in between. So what instances import is the same for all of them, and who asks is whose turn it is.
 */
export class ThreadCounters {
  readonly #fuel = new WebAssembly.Global<bigint>({ value: 'i64', mutable: true }, 0n);
  readonly #stack = new WebAssembly.Global<number>({ value: 'i32', mutable: true }, 0);
  #owner: Counters | undefined;

  /** Whose turn it is. Instances run at no other time. */
  get caller(): Caller {
    if (this.#owner === undefined) throw new Error('an instance runs while no guest has its turn');
    return this.#owner.caller;
  }

  /** Whether they are those of `counters`. */
  areOf(counters: Counters): boolean {
    return this.#owner === counters;
  }

  /** From now on they are `owner`'s, whose values come into them; or nobody's. */
  pass(owner: Counters | undefined): void {
    this.#owner?.keep(this.fuel, this.stack);
    this.#owner = owner;
  }

  get fuel(): number {
    return Number(this.#fuel.value);
  }

  set fuel(units: number) {
    this.#fuel.value = BigInt(units);
  }

  get stack(): number {
    return this.#stack.value;
  }

  set stack(bytes: number) {
    this.#stack.value = bytes;
  }

  /** What every instance imports of them. */
  imports(): Record<string, WebAssembly.ImportValue> {
    const out = new WebAssembly.Suspending(() => this.caller.out());
    return { [fuelContract.left]: this.#fuel, [fuelContract.stack]: this.#stack, [fuelContract.out]: out };
  }
}

/** What the instances of one guest have left, in the globals of their thread while it is the guest's turn. */
export class Counters {
  readonly caller: Caller;
  readonly #thread: ThreadCounters;
  #fuel = 0;
  #stack = stackBytes;

  constructor(caller: Caller, thread: ThreadCounters) {
    this.caller = caller;
    this.#thread = thread;
  }

  /** Its turn begins. */
  claim(): void {
    if (this.#isInUse) return;
    this.#thread.pass(this);
    this.#thread.fuel = this.#fuel;
    this.#thread.stack = this.#stack;
  }

  /** Its turn is over. */
  release(): void {
    if (this.#isInUse) this.#thread.pass(undefined);
  }

  /** Called with what is left when the globals become another one's. */
  keep(fuel: number, stack: number): void {
    this.#fuel = fuel;
    this.#stack = stack;
  }

  /** Fuel that is left; below zero where a guest went over between two looks. */
  get fuel(): number {
    return this.#isInUse ? this.#thread.fuel : this.#fuel;
  }

  set fuel(units: number) {
    if (this.#isInUse) this.#thread.fuel = units;
    else this.#fuel = units;
  }

  /** Takes fuel for something that the host does. Gives what was missing: the guest has none left then. */
  charge(units: number): number {
    const left = this.fuel - units;
    this.fuel = Math.max(0, left);
    return Math.max(0, -left);
  }

  /** Whoever runs ends as soon as it is back from the host: by a trap, which nothing catches. */
  end(): undefined {
    this.fuel = Number(ended);
  }

  /** Whether it was ended; what it still ran to the next look at its fuel was taken off. */
  get isEnded(): boolean {
    return this.fuel < Number(ended) / 2;
  }

  /** Before each call from outside, in its turn. */
  fillStack(): void {
    this.#thread.stack = stackBytes;
  }

  /** Its calls are nested too deeply. Asked in its turn. */
  get isTooDeep(): boolean {
    return this.#thread.stack < 0;
  }

  /** As they are now, in its turn, to be put back. */
  save(): { readonly fuel: number; readonly stack: number } {
    return { fuel: this.fuel, stack: this.#thread.stack };
  }

  putBack({ fuel, stack }: ReturnType<Counters['save']>): void {
    this.fuel = fuel;
    this.#thread.stack = stack;
  }

  get #isInUse(): boolean {
    return this.#thread.areOf(this);
  }
}
