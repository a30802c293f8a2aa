/** Several files in one answer: what comes out is what went in, or nothing. */
import { deflateRawSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import {
  packParcel,
  parcelBytesMax,
  parcelFilesMax,
  parseParcelRequest,
  unpackBegun,
  unpackParcel,
} from '../../schemas/parcel.ts';

const anyBytes = fc.uint8Array({ maxLength: 300 });
const anyFile = fc.record({
  name: fc.stringMatching(/^[a-z0-9./-]{1,60}$/),
  bytes: fc.option(anyBytes, { nil: undefined }),
});

test('files come out as they went in, whichever of what the device has the shore has too', (t) => {
  fc.assert(
    fc.property(
      fc.array(anyFile, { maxLength: 6 }),
      fc.array(fc.tuple(anyBytes, fc.boolean()), { maxLength: 12 }),
      (files, has) => {
        const atShore = has.map(([bytes, isThere]) => (isThere ? bytes : undefined));
        const packed = packParcel(files, atShore);
        t.deepEqual(
          unpackParcel(
            packed,
            has.map(([bytes]) => bytes),
          ) as never,
          files,
        );
      },
    ),
  );
});

test('what the device has is not sent again', (t) => {
  const words = Array.from({ length: 200 }, (_, index) => `"key-${index * 7919}"`).join();
  const [held, next] = [Buffer.from(`{${words},"version":1}`), Buffer.from(`{${words},"version":2}`)];
  const packed = packParcel([{ name: 'tuf/2.targets.json', bytes: next }], [held]);
  t.true(packed.length < 80, `${packed.length} of ${next.length}`);
});

test('over other bytes than it was packed over, or damaged, nothing comes out of it', (t) => {
  const packed = packParcel([{ name: 'a', bytes: Buffer.from('some words of it') }], [Buffer.from('some words')]);
  t.is(unpackParcel(packed, [Buffer.from('other words')]), undefined);
  t.is(unpackParcel(packed, []), undefined);
  for (let end = 0; end < packed.length; end += 1)
    t.is(unpackParcel(packed.subarray(0, end), [Buffer.from('some words')]), undefined);
});

test('what would unpack to more than a parcel may have is not unpacked', (t) => {
  const head = packParcel([], []).subarray(0, 7);
  t.is(unpackParcel(Buffer.concat([head, deflateRawSync(Buffer.alloc(parcelBytesMax + 1))]), []), undefined);
});

test('what has more files than a parcel may have is not unpacked, however small they are', (t) => {
  const files = Array.from({ length: parcelFilesMax + 1 }, (_, index) => ({ name: `${index}`, bytes: undefined }));
  t.is(unpackParcel(packParcel(files, []), []), undefined);
  t.deepEqual(unpackBegun(packParcel(files, []), []), []);
  t.is(unpackParcel(packParcel(files.slice(1), []), [])?.length, parcelFilesMax);
});

test('of a parcel that breaks off anywhere come the first of its files, each whole', (t) => {
  fc.assert(
    fc.property(fc.array(anyFile, { maxLength: 6 }), anyBytes, fc.nat(), (files, has, cut) => {
      const packed = packParcel(files, [has]);
      const begun = unpackBegun(packed.subarray(0, cut % (packed.length + 1)), [has]);
      t.deepEqual(begun as never, files.slice(0, begun.length));
    }),
  );
});

test('a request names metadata and releases, and no other path', (t) => {
  const request = { has: ['1.root.json', '12.position-beacon.json'], releases: ['beacon/1.0.0-rc.1+b'] };
  t.deepEqual(parseParcelRequest({ ...request, newer: 'member' }), { ...request, bases: [] });
  const more = { ...request, bases: ['0123abcd'] };
  t.deepEqual(parseParcelRequest(more), more);
  const wrong = [
    undefined,
    {},
    { has: [], releases: 'all' },
    { has: ['timestamp.json'], releases: [] },
    { has: ['../1.root.json'], releases: [] },
    { has: [], releases: ['beacon/../1'] },
    { has: [], releases: ['beacon'] },
    { has: [], releases: [], bases: ['../../ab'] },
    { has: [], releases: [], bases: Array(129).fill('0123abcd') },
    { has: [1], releases: [] },
    { has: Array.from({ length: 129 }, () => '1.root.json'), releases: [] },
  ];
  for (const one of wrong) t.is(parseParcelRequest(one), undefined, JSON.stringify(one));
});
