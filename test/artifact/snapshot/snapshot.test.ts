import test from 'ava';
import {
  blockBytes,
  decodeSnapshot,
  encodeSnapshot,
  type Snapshot,
  SnapshotError,
} from '../../../artifact/snapshot/snapshot.ts';

const block = (value: number): Uint8Array => new Uint8Array(blockBytes).fill(value);
const snapshot: Snapshot = {
  ...{ module: 'a'.repeat(64), rewriter: 4, fuel: 12, memoryPages: 2, globals: { 'fleet:global:3': '-7' } },
  blocks: new Map([
    [0, block(1)],
    [blockBytes, block(2)],
    [10 * blockBytes, block(3)],
  ]),
};

test('a snapshot is read as it was written, and takes no room for blocks of zeroes', (t) => {
  const file = encodeSnapshot(snapshot);
  t.deepEqual(decodeSnapshot(file, 2), {
    ...snapshot,
    blocks: new Map([...snapshot.blocks].map(([at, one]) => [at, Buffer.from(one)])),
  });
  t.true(file.length < 600, `${file.length} bytes`);
});

test('a snapshot with any bit flipped, or any part cut off, is none', (t) => {
  const file = encodeSnapshot(snapshot);
  for (let at = 0; at < file.length; at++) {
    const flipped = Uint8Array.from(file);
    flipped[at] = file[at]! ^ (1 << (at % 8));
    t.throws(() => decodeSnapshot(flipped, 2), { instanceOf: SnapshotError });
    t.throws(() => decodeSnapshot(file.subarray(0, at), 2), { instanceOf: SnapshotError });
  }
});

test('a snapshot with a right digest that lies is refused before anything is made by what it says', (t) => {
  const refused = (changes: Partial<Snapshot>, message: RegExp) =>
    t.throws(() => decodeSnapshot(encodeSnapshot({ ...snapshot, ...changes }), 2), {
      instanceOf: SnapshotError,
      message,
    });
  refused({ memoryPages: 3 }, /it has 3 pages of memory, 2 may be had here/);
  refused({ memoryPages: -1 }, /lacks what a snapshot says/);
  refused({ globals: { a: 7 as never } }, /lacks what a snapshot says/);
  refused({ blocks: new Map([[32 * blockBytes, block(1)]]) }, /not in order within its memory/);
  refused(
    {
      blocks: new Map([
        [0, block(1)],
        [blockBytes, new Uint8Array(1)],
      ]),
    },
    /its blocks are 4097 bytes, its head says 8192/,
  );
  refused({ blocks: new Map([[0, new Uint8Array(2 * blockBytes)]]) }, /its blocks do not unpack/);
});
