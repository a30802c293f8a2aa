import test from 'ava';
import { objectId } from '../../../controller/source/object-id.ts';
import {
  printedBlobs,
  printedContents,
  printedObject,
  printedSizes,
} from '../../../controller/source/printed-objects.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

const texts = ['', 'one\n', '2 blob 3\n\n'];
const oids = texts.map((text) => objectId('blob', bytesOf(text)));
const [empty, one, two] = oids as [string, string, string];
const printed = texts.map((text, at) => `${oids[at]} blob ${bytesOf(text).length}\n${text}\n`);
const gone = 'a'.repeat(40);

test('contents keep their ids where one between them is missing, and those that are cut off are none', (t) => {
  const output = bytesOf(`${printed[0]}${gone} missing\n${printed[1]}${printed[2]}`);
  const asked = [empty, gone, one, two];
  const read = (bytes: Uint8Array) => Array.from(printedContents(bytes, asked), ([oid, bytes]) => [oid, textOf(bytes)]);
  t.deepEqual(read(output), [
    [empty, ''],
    [one, 'one\n'],
    [two, '2 blob 3\n\n'],
  ]);
  for (const cut of [1, 5, 20, 60])
    t.deepEqual(read(output.subarray(0, -cut)), [
      [empty, ''],
      [one, 'one\n'],
    ]);
  t.deepEqual(read(new Uint8Array()), []);
});

test('blobs are all there, each as its id has it, or what stands in the place of one is told', (t) => {
  const read = (text: string, cut = text.length) => printedBlobs(bytesOf(text).subarray(0, cut), [empty, one]);
  const all = `${printed[0]}${printed[1]}`;
  t.deepEqual(read(all).map(textOf), ['', 'one\n']);
  const refused = (message: string) => ({ code: 'CORRUPT', message });
  t.throws(() => read(`${printed[0]}${one} missing\n`), refused(`blob ${one} can't be read: ${one} missing`));
  t.throws(() => read(all, all.length - 1), refused(`blob ${one} can't be read: ${one} blob 4`));
  t.throws(() => read(all.replace('one\n', 'two\n')), refused(`blob ${one} does not fit its id`));
});

test('one object is of any type, missing, or not to be read', (t) => {
  const tag = objectId('tag', bytesOf('v1'));
  t.deepEqual(printedObject(bytesOf(`${tag} tag 2\nv1\n`), tag), { type: 'tag', content: bytesOf('v1') });
  t.is(printedObject(bytesOf(`${gone} missing\n`), gone), undefined);
  for (const output of ['', `${tag} tag 3\nv1\n`, `${tag} tag 2\nv2\n`, `${tag} blob 2\nv1\n`])
    t.throws(() => printedObject(bytesOf(output), tag), { code: 'CORRUPT' }, output);
});

test('what is missing has no size', (t) => {
  t.deepEqual(printedSizes(bytesOf(`12\n${gone} missing\n0\n`)).slice(0, 3), [12, 0, 0]);
});
