import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import fc from 'fast-check';
import { MemoryBytes } from '../../../../device-agent/runtime/primitives/memory-bytes.ts';

const position = fc.oneof(fc.nat(200), fc.integer({ min: 65_500, max: 65_600 }), fc.nat(200_000));
const step = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), position, length: fc.oneof(fc.nat(40), fc.nat(140_000)) }),
  fc.record({ kind: fc.constant('resize' as const), position }),
);

test('whatever is written and cut off, what is read is what one array would hold', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.uint8Array({ maxLength: 100 }), (steps, begin) => {
      let plain = begin.slice();
      const bytes = new MemoryBytes(begin.slice());
      const resizePlain = (length: number): void => {
        const next = new Uint8Array(length);
        next.set(plain.subarray(0, length));
        plain = next;
      };
      for (const [at, one] of steps.entries()) {
        if (one.kind === 'resize') {
          resizePlain(one.position);
          bytes.resize(one.position);
          continue;
        }
        const written = new Uint8Array(one.length).fill(at + 1);
        if (one.length > 0) resizePlain(Math.max(plain.length, one.position + one.length));
        plain.set(written, one.length > 0 ? one.position : 0);
        if (one.length > 0) bytes.write(written, one.position);
        const into = new Uint8Array(100).fill(255);
        const read = bytes.read(into, one.position);
        if (!Buffer.from(into.subarray(0, read)).equals(plain.subarray(one.position, one.position + 100))) return false;
      }
      return bytes.length === plain.length && Buffer.from(bytes.contents()).equals(plain);
    }),
  );
  t.pass();
});

test.serial('what was cut off takes no memory, and neither does a hole', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage().arrayBuffers;
  const million = new Uint8Array(1_000_000);
  const files = Array.from({ length: 64 }, () => {
    const bytes = new MemoryBytes();
    bytes.write(million, 0);
    bytes.resize(1);
    bytes.write(Uint8Array.of(1), 1_000_000);
    return bytes;
  });
  const held = (): number => process.memoryUsage().arrayBuffers - before;
  // The engine gives buffers back beside the thread.
  for (let looks = 0; looks < 100 && held() >= 4_000_000; looks++) {
    collect();
    await new Promise(setImmediate);
  }
  t.true(held() < 4_000_000, `${held()} bytes`);
  t.is(files[0]!.length, 1_000_001);
});
