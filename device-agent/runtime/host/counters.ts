import { ended, fuelContract } from '../../../artifact/fuel/contract.ts';

/** Of the 984 KiB that the engine gives a suspendable stack: room for the largest frame and the host's own is left. */
const stackBytes = 640 * 1024;

/** What metered instances count down while they run; all instances of one guest share it. */
export class Counters {
  readonly #fuel = new WebAssembly.Global<bigint>({ value: 'i64', mutable: true }, 0n);
  readonly #stack = new WebAssembly.Global<number>({ value: 'i32', mutable: true }, stackBytes);

  /** Fuel that is left; below zero where a guest went over between two looks. */
  get fuel(): number {
    return Number(this.#fuel.value);
  }

  set fuel(units: number) {
    this.#fuel.value = BigInt(units);
  }

  /** Takes fuel for something that the host does. Gives what was missing: the guest has none left then. */
  charge(units: bigint): number {
    const left = this.#fuel.value - units;
    this.#fuel.value = left < 0n ? 0n : left;
    return left < 0n ? Number(-left) : 0;
  }

  /** Whoever runs ends as soon as it is back from the host: by a trap, which nothing catches. */
  end(): undefined {
    this.#fuel.value = ended;
  }

  /** Whether it was ended; what it still ran to the next look at its fuel was taken off. */
  get isEnded(): boolean {
    return this.#fuel.value < ended / 2n;
  }

  /** Before each call from outside. */
  fillStack(): void {
    this.#stack.value = stackBytes;
  }

  /** Its calls are nested too deeply. */
  get isTooDeep(): boolean {
    return this.#stack.value < 0;
  }

  /** As they are now, to be put back. */
  save(): { readonly fuel: bigint; readonly stack: number } {
    return { fuel: this.#fuel.value, stack: this.#stack.value };
  }

  putBack({ fuel, stack }: ReturnType<Counters['save']>): void {
    this.#fuel.value = fuel;
    this.#stack.value = stack;
  }

  /** To be imported by every instance; `out` is called below zero. */
  imports(out: WebAssembly.ImportValue): Record<string, WebAssembly.ImportValue> {
    return { [fuelContract.left]: this.#fuel, [fuelContract.stack]: this.#stack, [fuelContract.out]: out };
  }
}
