import { createHash } from 'node:crypto';
import test from 'ava';
import { layoutDifferences, layoutOf } from '../../../artifact/snapshot/layout.ts';
import {
  blockBytes,
  decodeSnapshot,
  encodeSnapshot,
  type Snapshot,
  SnapshotError,
} from '../../../artifact/snapshot/snapshot.ts';
import { buildModule, op } from '../../device-agent/runtime/module-builder.ts';

const block = (value: number): Uint8Array => new Uint8Array(blockBytes).fill(value);
const layout = layoutOf(buildModule({ functions: {} }));
const snapshot: Snapshot = {
  ...{ module: 'a'.repeat(64), layout, rewriter: 4, fuel: 12, memoryPages: 2, globals: { 'fleet:global:3': '-7' } },
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
  refused({ layout: { ...layout, data: 'x' } }, /lacks what a snapshot says/);
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
  const file = Buffer.from(encodeSnapshot(snapshot).subarray(0, -32));
  const runs = '[[0,2],[10,1]]';
  file.write('[[0,2],[1,30]]'.slice(0, runs.length), file.indexOf(runs));
  const digest = createHash('sha256').update(file).digest();
  t.throws(() => decodeSnapshot(Buffer.concat([file, digest]), 2), {
    message: 'its blocks are not in order within its memory',
  });
});

test('the layout of a module stays while only code and names change, and tells else what does not', (t) => {
  const parts = (changes: Partial<Parameters<typeof buildModule>[0]>) => {
    const shape = { functions: { handle: [op.i32(1), op.drop] }, data: { 16: 'one' } };
    return layoutDifferences(layoutOf(buildModule(shape)), layoutOf(buildModule({ ...shape, ...changes })));
  };
  t.deepEqual(parts({ functions: { handle: [op.i32(2), op.drop] } }), []);
  t.deepEqual(parts({ functions: { called: [op.i32(1), op.drop] } }), []);
  t.deepEqual(parts({ data: { 16: 'two' } }), ['data']);
  t.deepEqual(parts({ data: { 20: 'one' } }), ['data']);
  t.deepEqual(parts({ pages: 2 }), ['memory']);
  t.deepEqual(parts({ functions: { handle: [], other: [] } }), ['functions']);
  t.deepEqual(parts({ memory: 'imported' }), ['imports', 'memory']);
});
