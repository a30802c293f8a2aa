import test from 'ava';
import { PieceReader, PieceWriter } from '../../../../controller/manifests/stored/pieces.ts';
import { openColumn, writeColumn } from '../../../../controller/manifests/stored/text-column.ts';

test('texts come back as they were, whatever they hold, and so does all that JSON knows between them', (t) => {
  const values = [
    'kind: Device\n',
    '',
    'Größe \ud83d\udea2',
    '\ud800 alone',
    ['a'],
    '-1',
    -1,
    { a: '\ud800' },
    null,
    '\ufeffx',
    '{}',
  ];
  const pieces: Uint8Array[] = [];
  const writer = new PieceWriter((piece) => pieces.push(piece));
  const places = [values, [], values.toReversed()].map((column) => writeColumn(column, writer));
  writer.end();
  const reader = new PieceReader(Buffer.concat(pieces), writer.lengths);
  const [first, , last] = places.map((place) => openColumn(place, reader));
  t.deepEqual(
    values.map((_, row) => first!(row)),
    values,
  );
  t.deepEqual(
    values.map((_, row) => last!(row)),
    values.toReversed(),
  );
});
