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

test('maps that lie in one leaf of a map are written step by step, and opened again as they were', (t) => {
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
