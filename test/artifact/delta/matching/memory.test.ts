import test from 'ava';
import { Votes } from '../../../../artifact/delta/matching/fit.ts';
import type { MemoryImage } from '../../../../artifact/delta/matching/memory.ts';
import { placeMemory } from '../../../../artifact/delta/matching/placement.ts';
import { fitRegions } from '../../../../artifact/delta/matching/regions.ts';
import { fitTables } from '../../../../artifact/delta/matching/tables.ts';
import { pieceAt, shifted, wordClass } from '../../../../artifact/delta/rewrite/maps.ts';

const nothing = { starts: new Float64Array(), shifts: new Float64Array() };
const start = 4096;
const tableWords = 2048;

// Text that differs everywhere, then a table of indices that all grew by three, then pointers into the text.
function image(text: readonly number[], tableShift: number, pointerShift: number): MemoryImage {
  const table = Array.from({ length: tableWords }, (_, i) => i + 100 + tableShift);
  const pointers = Array.from({ length: 64 }, (_, i) => start + 16 * i + 1 + pointerShift);
  const words = Uint32Array.from([...text, ...table, ...pointers]);
  return { start, words: new DataView(words.buffer), memoryEnd: 1 << 20, segments: [] };
}

const text = Array.from({ length: 512 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0);
const inserted = [0xdeadbeef, 0xfeedface];
const old = image(text, 0, 0);
const fresh = image([...inserted, ...text], 3, 4 * inserted.length);
const moved = 4 * inserted.length;

test('memory is placed by what it holds', (t) => {
  const placement = placeMemory(old, fresh, new Votes());
  t.is(shifted(placement, start + 64), start + 64 + moved);
  t.is(shifted(placement, start + 4 * (text.length - 8)), start + 4 * (text.length - 8) + moved);
});

test('a table whose numbers all moved gets a map of its own, pointers the map of addresses', (t) => {
  const placement = { starts: Float64Array.of(start), shifts: Float64Array.of(moved) };
  const constants = { starts: Float64Array.of(start), shifts: Float64Array.of(moved) };
  const tables = fitTables(old, fresh, placement, constants);
  t.is(tables.length, 1);
  t.is(shifted(tables[0]!, 1000), 1003);
  const regions = fitRegions(old, fresh, placement, [constants, nothing, ...tables]);
  const classAt = (address: number): number => regions.classes[pieceAt(regions.starts, address)] ?? wordClass.raw;
  t.is(classAt(start + 4 * (text.length + 1000)), wordClass.table);
  t.is(classAt(start + 4 * (text.length + tableWords + 40)), wordClass.address);
});

test('memory that did not change asks for no map', (t) => {
  const placement = placeMemory(old, old, new Votes());
  t.is(shifted(placement, start + 64), start + 64);
  t.deepEqual(fitTables(old, old, placement, nothing), []);
  t.is(fitRegions(old, old, placement, [nothing, nothing]).starts.length, 0);
});
