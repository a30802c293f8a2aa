import { alignTokens } from './alignment.ts';
import type { Pairing } from './pairing.ts';

/** Pairs equal bodies by their place in the table of functions: compilers emit tables in an order that lasts. */
export function pairAlongTable(
  oldSlots: ReadonlyMap<number, number>,
  newSlots: ReadonlyMap<number, number>,
  oldHashes: Float64Array,
  newHashes: Float64Array,
  pairing: Pairing,
): void {
  const a = Int32Array.from(oldSlots.values());
  const b = Int32Array.from(newSlots.values());
  const token = (hash: number): number => hash % 65521;
  const left = Uint16Array.from(a, (f) => token(oldHashes[f] ?? 0));
  const right = Uint16Array.from(b, (g) => token(newHashes[g] ?? 0));
  alignTokens(left, 0, left.length, right, 0, right.length, (i, j, length) => {
    for (let k = 0; k < length; k++) {
      const f = a[i + k]!;
      const g = b[j + k]!;
      if (oldHashes[f] === newHashes[g] && oldHashes[f] !== undefined) pairing.pair(f, g);
    }
  });
}
