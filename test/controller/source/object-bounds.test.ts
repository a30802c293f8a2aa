import test from 'ava';
import { heldTooMuch } from '../../../controller/source/object-bounds.ts';

test('of blobs that are too much together the largest is named, however many they are', (t) => {
  const sizes = Array.from({ length: 200_000 }, (_, at) => (at === 150_000 ? 4_000 : 3_000));
  const oids = sizes.map((_, at) => at.toString(16).padStart(40, '0'));
  const { code, message, subject } = heldTooMuch(oids, sizes, 512);
  t.deepEqual([code, subject], ['TOO_LARGE', oids[150_000]]);
  t.regex(message, /has 4000 bytes, the most of some that are read together; at most 512 are in all of them$/);
});
