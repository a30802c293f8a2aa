import test from 'ava';
import { PersistentMap } from '../../../../controller/manifests/persistent-map.ts';
import { runAtOnce } from '../../../../controller/manifests/steps.ts';
import { PieceReader, PieceWriter } from '../../../../controller/manifests/stored/pieces.ts';
import {
  MapInMap,
  type NodePlace,
  openMap,
  type ValueForm,
  writeMap,
} from '../../../../controller/manifests/stored/stored-map.ts';

type Numbers = PersistentMap<number>;

const numberForm: ValueForm<number> = { write: (value) => value, read: (json) => json as number };
const mapForm: ValueForm<Numbers> = {
  write: (numbers) => new MapInMap(numbers, numberForm),
  read: (json, _, reader) => openMap(json as NodePlace, reader, numberForm),
};

/** So many numbers under so many names. */
function numbersUnder(names: readonly string[], count: number) {
  const numbers = Array.from({ length: count }, (_, at) => [`n${at}`, at] as const);
  const each = runAtOnce(PersistentMap.empty<number>().withChanges(numbers));
  return runAtOnce(PersistentMap.empty<Numbers>().withChanges(names.map((name) => [name, each])));
}

test('maps that lie in one page of a map are written step by step, and opened again as they were', (t) => {
  const [names, count, leafMax] = [['a', 'b', 'c'], 2_000, 128];
  const pieces: Uint8Array[] = [];
  const writer = new PieceWriter((piece) => pieces.push(piece));
  const steps = writeMap(numbersUnder(names, count), writer, mapForm);
  let pauses = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) pauses += 1;
  writer.end();
  t.true(pauses > (names.length * count) / leafMax, `${pauses} pauses`);
  const opened = openMap(step.value, new PieceReader(Buffer.concat(pieces), writer.lengths), mapForm);
  for (const name of names) t.is(opened.get(name)?.get('n1999'), 1_999);
  t.is(opened.get('b')?.size, count);
});

test('a map of several pages is written from the sources of its values, none of which is made, and opened again', (t) => {
  const keys = Array.from({ length: 9_000 }, (_, at) => `n${at}`);
  const made: number[] = [];
  const valueAt = (row: number): number => {
    made.push(row);
    return row;
  };
  const map = PersistentMap.of({ keys, valueAt, sourceAt: (row) => ({ row }) });
  const pieces: Uint8Array[] = [];
  const writer = new PieceWriter((piece) => pieces.push(piece));
  const form: ValueForm<number> = { ...numberForm, writeSource: (source) => (source as { row: number }).row };
  const place = runAtOnce(writeMap(map, writer, form));
  writer.end();
  t.deepEqual(made, []);
  const opened = openMap(place, new PieceReader(Buffer.concat(pieces), writer.lengths), form);
  t.is(opened.size, keys.length);
  for (const [row, key] of keys.entries()) t.is(opened.get(key), row);
  t.is(opened.get('m1'), undefined);
  t.deepEqual([...opened.keys()], [...map.keys()]);
});

test('of a map that was looked at what was made is written, and of one that was opened what changed since', (t) => {
  const keys = Array.from({ length: 9_000 }, (_, at) => `n${at}`);
  const rows = { keys, valueAt: (row: number) => row, sourceAt: (row: number) => row };
  const form: ValueForm<number> = { ...numberForm, writeSource: (source) => source };
  const copyOf = (map: Numbers): Numbers => {
    const pieces: Uint8Array[] = [];
    const writer = new PieceWriter((piece) => pieces.push(piece));
    const place = runAtOnce(writeMap(map, writer, form));
    writer.end();
    return openMap(place, new PieceReader(Buffer.concat(pieces), writer.lengths), form);
  };
  const looked = PersistentMap.of(rows);
  t.is(looked.get('n7'), 7);
  const changed = copyOf(looked.set('n7', 70)).set('n8', 80).delete('n9');
  const copy = copyOf(changed);
  t.deepEqual(new Map(copy), new Map(changed));
  t.deepEqual(
    ['n7', 'n8', 'n9', 'n10'].map((key) => copy.get(key)),
    [70, 80, undefined, 10],
  );
});
