import test from 'ava';
import { layoutOf } from '../../../../artifact/snapshot/layout.ts';
import { blockBytes, decodeSnapshot, encodeSnapshot } from '../../../../artifact/snapshot/snapshot.ts';
import { capturing } from '../../../../device-agent/runtime/snapshot/instance-state.ts';
import { packedSnapshot } from '../../../../device-agent/runtime/snapshot/packed-snapshot.ts';
import { buildModule } from '../module-builder.ts';

const pages = 64;

test('a memory is captured a stretch at a time, in blocks, without those of zeroes, and packed to a file that says the same', async (t) => {
  const memory = new WebAssembly.Memory({ initial: pages });
  const bytes = new Uint8Array(memory.buffer);
  const written = [0, 7, 63, 64, 200, 1023].map((block) => block * blockBytes);
  for (const address of written) bytes[address + 100] = 1;
  const steps = capturing({ exports: {}, memory }, { globals: {}, tables: [] }, []);
  let pauses = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) pauses += 1;
  t.is(pauses, pages / 4);
  const { blocks } = step.value;
  t.deepEqual([...blocks.keys()], written);
  for (const [address, block] of blocks) t.deepEqual(block, bytes.slice(address, address + blockBytes));

  const layout = layoutOf(buildModule({ functions: {} }));
  const snapshot = { ...step.value, layout, module: 'a'.repeat(64), rewriter: 1, fuel: 2 };
  const file = await packedSnapshot(snapshot);
  t.deepEqual(decodeSnapshot(file, pages), decodeSnapshot(encodeSnapshot(snapshot), pages));
});
