import test from 'ava';
import fc from 'fast-check';
import { PieceReader, PieceWriter } from '../../../../controller/manifests/stored/pieces.ts';

/** Bytes and characters of them differ in number. */
const words = fc.string({ unit: fc.constantFrom('a', 'é', '→', '🚢', '"'), maxLength: 12 });
const lists = fc.record({ list: fc.array(words, { maxLength: 8 }), times: fc.constantFrom(1, 40, 4_000) });

test('every text is found again where it was put, whatever it is made of and however many pieces there are', (t) => {
  fc.assert(
    fc.property(fc.array(lists, { maxLength: 12 }), (all) => {
      const packed: Uint8Array[] = [];
      const writer = new PieceWriter((piece) => packed.push(piece));
      const texts = all.map(({ list, times }) => Array.from({ length: times }, () => list).flat());
      const places = texts.map((words) => {
        const elements = words.map((word, at) => `${at === 0 ? '' : ','}${JSON.stringify(word)}`);
        return writer.add(['[', ...elements, ']']);
      });
      writer.end();
      const reader = new PieceReader(Buffer.concat(packed), writer.lengths);
      for (const [at, place] of places.entries()) t.deepEqual(JSON.parse(reader.get(place)), texts[at]);
    }),
    { numRuns: 30 },
  );
});

test('a text that is larger than the room for a piece is one too', (t) => {
  const packed: Uint8Array[] = [];
  const writer = new PieceWriter((piece) => packed.push(piece));
  const parts = Array.from({ length: 300 }, (_, at) => `${at === 0 ? '' : ','}"${'ü'.repeat(10_000)}"`);
  const place = writer.add(['[', ...parts, ']']);
  writer.end();
  const read: string[] = JSON.parse(new PieceReader(Buffer.concat(packed), writer.lengths).get(place));
  t.deepEqual([read.length, new Set(read).size], [300, 1]);
});
