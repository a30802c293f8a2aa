import { fuelContract } from '../../../artifact/fuel/contract.ts';
import { injectFuel } from '../../../artifact/fuel/inject.ts';
import type { GrowthLimits } from '../../../artifact/fuel/limits.ts';

/** Enough for every test module that isn't about growth. */
export const roomy: GrowthLimits = { memoryPagesMax: 1000, tableElementsMax: 100_000 };

/** What a host holds of a metered guest. */
export interface Meter {
  readonly left: WebAssembly.Global<bigint>;
  readonly stack: WebAssembly.Global<number>;
  /** How often the guest has asked for fuel. */
  asked: number;
  /** How often it has told that it was refused memory. */
  refused: number;
}

/** What a guest is given at first; `refill` is called when it asks for more. */
export interface Allowance {
  readonly fuel?: bigint;
  readonly stack?: number;
  readonly refill?: (meter: Meter) => void;
}

/** Instantiates a metered module; its start function has run. */
export function startMetered(
  metered: Uint8Array,
  { fuel = 1n << 50n, stack = 500_000, refill = () => {} }: Allowance = {},
  imports: WebAssembly.Imports = {},
): { readonly exports: WebAssembly.Exports; readonly meter: Meter } {
  const out = (): void => {
    if (left.value >= 0n && meter.stack.value >= 0) {
      meter.refused++;
      return;
    }
    meter.asked++;
    refill(meter);
  };
  const ours = { [fuelContract.module]: { [fuelContract.out]: out } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered), { ...imports, ...ours });
  const left = exports[fuelContract.left] as WebAssembly.Global<bigint>;
  const meter: Meter = { left, stack: exports[fuelContract.stack] as WebAssembly.Global<number>, asked: 0, refused: 0 };
  left.value = fuel;
  meter.stack.value = stack;
  (exports[fuelContract.start] as (() => void) | undefined)?.();
  return { exports, meter };
}

/** Meters a module and instantiates it. */
export function runMetered(plain: Uint8Array, allowance?: Allowance, imports?: WebAssembly.Imports) {
  return startMetered(injectFuel(plain, roomy), allowance, imports);
}
