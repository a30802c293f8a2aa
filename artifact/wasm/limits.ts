/** Ceilings for reading a Wasm binary: a hostile file may cost time in proportion to its length, and no more. */
export interface WasmLimits {
  readonly moduleBytesMax: number;
  readonly sectionsMax: number;
  readonly itemsMax: number;
  readonly nameBytesMax: number;
  readonly localsMax: number;
  readonly branchTargetsMax: number;
}

/** What V8 accepts with its own ceilings, a little above where the two differ. */
export const wasmLimits: WasmLimits = {
  moduleBytesMax: 1 << 30,
  sectionsMax: 100_000,
  itemsMax: 10_000_000,
  nameBytesMax: 100_000,
  localsMax: 50_000,
  branchTargetsMax: 7_654_321,
};
