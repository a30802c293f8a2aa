import { wasmLimits } from '../../wasm/limits.ts';
import { constantOf, dataAddresses } from '../rewrite/addresses.ts';
import { memoryBytes } from '../rewrite/source.ts';
import type { Profile } from './profile.ts';

/** What a module's memory holds at the start, as far as data segments with known places fill it. */
export interface MemoryImage {
  readonly start: number;
  readonly words: DataView;
  readonly memoryEnd: number;
  /** Where segments begin, by their order in memory, and how long they are. */
  readonly segments: readonly { readonly address: number; readonly size: number }[];
}

// A module whose data lies further apart is not compared word by word.
const imageBytesMax = 64 * 1024 * 1024;

/** Lays out the data segments; undefined where there is nothing to compare. */
export function memoryImage({ binary, contents }: Profile): MemoryImage | undefined {
  const addresses = dataAddresses(binary, contents, wasmLimits);
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  contents.data.forEach(({ contents: { start: from, end: to } }, i) => {
    if (addresses[i]! < 0 || from === to) return;
    start = Math.min(start, addresses[i]!);
    end = Math.max(end, addresses[i]! + to - from);
  });
  start = Math.floor(start / 4) * 4;
  if (!(end - start >= 4) || end - start > imageBytesMax) return undefined;
  const segments = contents.data
    .map(({ contents: { start: from, end: to } }, i) => ({ address: addresses[i]!, size: to - from }))
    .filter(({ address }) => address >= 0)
    .sort((a, b) => a.address - b.address);
  const bytes = new Uint8Array(end - start);
  contents.data.forEach(({ contents: { start: from, end: to } }, i) => {
    if (addresses[i]! >= 0) bytes.set(binary.bytes.subarray(from, to), addresses[i]! - start);
  });
  return { start, words: new DataView(bytes.buffer), memoryEnd: memoryBytes(contents), segments };
}

/** Which function stands at which position of the first table, from segments with a constant place. */
export function tableSlots({ binary, contents }: Profile): Map<number, number> {
  const slots = new Map<number, number>();
  for (const { offset, functions, table } of contents.elements) {
    if (offset === undefined || functions === undefined || (table ?? 0) !== 0) continue;
    const base = constantOf(binary, offset, wasmLimits);
    if (base < 0) continue;
    for (const [i, f] of functions.entries()) slots.set(base + i, f);
  }
  return slots;
}
