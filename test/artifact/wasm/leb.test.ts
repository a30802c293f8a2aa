import test from 'ava';
import fc from 'fast-check';
import { WasmError } from '../../../artifact/wasm/error.ts';
import { readSigned, readU32, readU64 } from '../../../artifact/wasm/read/leb.ts';
import { signedLebLength, unsignedLebLength, writeSigned, writeUnsigned } from '../../../artifact/wasm/write/leb.ts';
import { moduleAround } from './sample-modules.ts';

const buffer = new Uint8Array(16);
const leb = { value: 0, end: 0 };

test('an unsigned number is read back from as many bytes as it was written in', (t) => {
  const numbers = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffffffff }));
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 5 }), (value, width) => {
      const end = writeUnsigned(buffer, 0, value, width);
      readU32(buffer, 0, end, leb);
      t.deepEqual(leb, { value, end });
      t.is(end, Math.max(width, unsignedLebLength(value)));
    }),
  );
});

test('a 64-bit number is read back where a double can hold it', (t) => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const end = writeSigned(buffer, 0, value);
      readSigned(buffer, 0, end, 64, leb);
      t.deepEqual(leb, { value, end });
      t.is(end, signedLebLength(value));
      const unsignedEnd = writeUnsigned(buffer, 0, Math.abs(value));
      readU64(buffer, 0, unsignedEnd, leb);
      t.deepEqual(leb, { value: Math.abs(value), end: unsignedEnd });
    }),
  );
});

test('a 64-bit number that a double cannot hold is NaN, with its end known', (t) => {
  const bytes = Uint8Array.of(0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01);
  readU64(bytes, 0, 10, leb);
  t.deepEqual(leb, { value: Number.NaN, end: 10 });
  readSigned(Uint8Array.of(0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f), 0, 10, 64, leb);
  t.deepEqual(leb, { value: Number.NaN, end: 10 });
});

test('a signed constant is refused exactly when V8 refuses it', (t) => {
  const constant = (code: number, bits: number) =>
    fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 11 }), (tail) => {
      const bytes = tail.map((byte, i) => (i === tail.length - 1 ? byte & 127 : byte | 128));
      let accepted = true;
      try {
        readSigned(Uint8Array.from(bytes), 0, bytes.length, bits, leb);
      } catch (error) {
        t.true(error instanceof WasmError && error.code === 'leb-too-long');
        accepted = false;
      }
      t.is(accepted, WebAssembly.validate(moduleAround([code, ...bytes, 0x1a])));
    });
  fc.assert(constant(0x41, 32), { numRuns: 300 });
  fc.assert(constant(0x42, 64), { numRuns: 300 });
});

test('an unsigned number of more than 32 bits is refused', (t) => {
  for (const bytes of [
    [0x80, 0x80, 0x80, 0x80, 0x10],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
  ]) {
    const error = t.throws(() => readU32(Uint8Array.from(bytes), 0, bytes.length, leb), { instanceOf: WasmError });
    t.like(error, { code: 'leb-too-long', offset: 4 });
  }
});
