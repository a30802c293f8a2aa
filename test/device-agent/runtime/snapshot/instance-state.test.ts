import { randomBytes } from 'node:crypto';
import test from 'ava';
import { layoutOf } from '../../../../artifact/snapshot/layout.ts';
import { blockBytes, decodeSnapshot, encodeSnapshot, SnapshotError } from '../../../../artifact/snapshot/snapshot.ts';
import { capturing, restoring } from '../../../../device-agent/runtime/snapshot/instance-state.ts';
import { packedSnapshot } from '../../../../device-agent/runtime/snapshot/packed-snapshot.ts';
import { unpackedSnapshot } from '../../../../device-agent/runtime/snapshot/unpacked-snapshot.ts';
import { buildModule } from '../module-builder.ts';

const pages = 64;

/** All that was yielded, and what came of it. */
function stretchesOf<T>(steps: Generator<void, T, void>): { readonly pauses: number; readonly result: T } {
  for (let pauses = 0; ; pauses++) {
    const { done, value } = steps.next();
    if (done === true) return { pauses, result: value };
  }
}

test('a memory is captured a stretch at a time, in blocks, without those of zeroes, and packed to a file that says the same', async (t) => {
  const memory = new WebAssembly.Memory({ initial: pages });
  const bytes = new Uint8Array(memory.buffer);
  const written = [0, 7, 63, 64, 200, 1023].map((block) => block * blockBytes);
  for (const address of written) bytes[address + 100] = 1;
  const { pauses, result } = stretchesOf(capturing({ exports: {}, memory }, { globals: {}, tables: [] }, []));
  t.is(pauses, pages / 4);
  const { blocks } = result;
  t.deepEqual([...blocks.keys()], written);
  for (const [address, block] of blocks) t.deepEqual(block, bytes.slice(address, address + blockBytes));

  const layout = layoutOf(buildModule({ functions: {} }));
  const snapshot = { ...result, layout, module: 'a'.repeat(64), rewriter: 1, fuel: 2 };
  const file = Buffer.concat(await packedSnapshot(snapshot));
  t.deepEqual(decodeSnapshot(file, pages), decodeSnapshot(encodeSnapshot(snapshot), pages));
});

test('a state is digested, unpacked and given to an instance a stretch at a time, and a damaged one is none', async (t) => {
  const blocks = new Map([[5 * blockBytes, randomBytes(blockBytes)] as const]);
  for (let block = 64; block < 512; block++) blocks.set(block * blockBytes, randomBytes(blockBytes));
  const layout = layoutOf(buildModule({ functions: {} }));
  const snapshot = { layout, blocks, module: 'a'.repeat(64), rewriter: 1, fuel: 2, memoryPages: pages, globals: {} };
  const file = Buffer.concat(await packedSnapshot(snapshot));
  let turns = 0;
  const giveWay = (): undefined => {
    turns += 1;
  };
  const pauses = { giveWay, during: <T>(work: Promise<T>) => work };
  const kept = { length: file.length, pieces: () => [file.subarray(0, 70_000), file.subarray(70_000)] };
  const unpacked = await unpackedSnapshot(kept, pages, pauses);
  t.deepEqual(unpacked, decodeSnapshot(file, pages));
  t.is(turns, 2, 'one for each piece');
  const memory = new WebAssembly.Memory({ initial: pages / 2, maximum: pages });
  new Uint8Array(memory.buffer).fill(7);
  const given = stretchesOf(restoring({ exports: {}, memory }, { globals: {}, tables: [] }, unpacked));
  t.is(given.pauses, pages / 4);
  const { result } = stretchesOf(capturing({ exports: {}, memory }, { globals: {}, tables: [] }, []));
  t.deepEqual(new Map(result.blocks), new Map([...blocks].map(([at, block]) => [at, new Uint8Array(block)])));
  file[1000] = file[1000]! ^ 1;
  await t.throwsAsync(unpackedSnapshot(kept, pages, pauses), { instanceOf: SnapshotError, message: /damaged/ });
  const shorter = { ...kept, pieces: () => [file.subarray(0, 70_000)] };
  await t.throwsAsync(unpackedSnapshot(shorter, pages, pauses), { message: /written over while it was read/ });
  for (const length of [0, 5, 40]) {
    const stub = { length, pieces: () => [file.subarray(1, 1 + length)] };
    await t.throwsAsync(unpackedSnapshot(stub, pages, pauses), { message: /^it is no snapshot$/ });
  }
});
