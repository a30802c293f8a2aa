import { type Maps, pieceAt, shifted, wordClass } from './maps.ts';
import type { Translation } from './translation.ts';

/**
 * Moves the words of one data segment along, in place. `contents` is a copy of the segment that lies at `address` of
 * the old memory, which ends at `memoryEnd`: a larger number is no address.
 */
export function moveWords(contents: Uint8Array, address: number, translation: Translation, memoryEnd: number): void {
  const { regions, slots, tables }: Maps = translation.maps;
  const end = address + contents.length;
  const view = new DataView(contents.buffer, contents.byteOffset, contents.length);
  for (let piece = Math.max(0, pieceAt(regions.starts, address)); piece < regions.starts.length; piece++) {
    const from = Math.max(address, regions.starts[piece]!);
    if (from >= end) return;
    const kind = regions.classes[piece];
    if (kind === wordClass.raw) continue;
    const shifts = kind === wordClass.slot ? slots : tables[kind! - wordClass.table];
    const to = Math.min(end, regions.starts[piece + 1] ?? end);
    for (let at = Math.ceil(from / 4) * 4; at + 4 <= to; at += 4) {
      const word = view.getUint32(at - address, true);
      if (kind === wordClass.address) {
        if (word < memoryEnd) view.setUint32(at - address, translation.constant(word), true);
      } else {
        view.setUint32(at - address, shifted(shifts!, word), true);
      }
    }
  }
}
