import { ended, fuelContract } from '../../../artifact/fuel/contract.ts';

/** Of the 984 KiB that the engine gives a suspendable stack: room for the largest frame and the host's own is left. */
const stackBytes = 640 * 1024;

/** The globals that instances count down. */
interface CounterGlobals {
  readonly left: WebAssembly.Global<bigint>;
  readonly stack: WebAssembly.Global<number>;
}

/** Counters for instances that share them, as what they import. */
export function sharedCounters(): Record<string, WebAssembly.ImportValue> {
  return {
    [fuelContract.left]: new WebAssembly.Global<bigint>({ value: 'i64', mutable: true }, 0n),
    [fuelContract.stack]: new WebAssembly.Global<number>({ value: 'i32', mutable: true }, 0),
  };
}

/** What the instances of one guest have left: in their globals while there are any. */
export class Counters {
  #globals: CounterGlobals | undefined;
  /** Before there are instances, and when they are gone. */
  #fuel = 0;

  /** From now on what is left is counted by an instance, or several that share its counters. */
  attach(exports: WebAssembly.Exports): void {
    const { [fuelContract.left]: left, [fuelContract.stack]: stack } = exports;
    this.#globals = { left, stack } as CounterGlobals;
    this.fuel = this.#fuel;
  }

  /** The instances are gone. */
  detach(): void {
    this.#fuel = this.fuel;
    this.#globals = undefined;
  }

  /** Fuel that is left; below zero where a guest went over between two looks. */
  get fuel(): number {
    return this.#globals === undefined ? this.#fuel : Number(this.#globals.left.value);
  }

  set fuel(units: number) {
    if (this.#globals === undefined) this.#fuel = units;
    else this.#globals.left.value = BigInt(units);
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

  /** Before each call from outside. */
  fillStack(): void {
    if (this.#globals !== undefined) this.#globals.stack.value = stackBytes;
  }

  /** Its calls are nested too deeply. */
  get isTooDeep(): boolean {
    return (this.#globals?.stack.value ?? 0) < 0;
  }

  /** As they are now, to be put back. */
  save(): { readonly fuel: number; readonly stack: number } {
    return { fuel: this.fuel, stack: this.#globals?.stack.value ?? 0 };
  }

  putBack({ fuel, stack }: ReturnType<Counters['save']>): void {
    this.fuel = fuel;
    if (this.#globals !== undefined) this.#globals.stack.value = stack;
  }
}
