import type { Maps } from '../../artifact/delta/rewrite/maps.ts';
import { rewriteModule } from '../../artifact/delta/rewrite/rewrite.ts';
import { importedCount, typeCount } from '../../artifact/delta/rewrite/source.ts';
import { wasmLimits } from '../../artifact/wasm/limits.ts';
import { ByteReader } from '../../artifact/wasm/read/bytes.ts';
import { readLocals } from '../../artifact/wasm/read/code.ts';
import { readContents } from '../../artifact/wasm/read/contents.ts';
import { InstructionCursor } from '../../artifact/wasm/read/instructions.ts';
import { readBinary } from '../../artifact/wasm/read/module.ts';

const i32Const = 0x41;

/** The module with one small constant of its middle function changed. */
export function edited(module: Uint8Array): Uint8Array {
  const contents = readContents(readBinary(module, wasmLimits), wasmLimits);
  const cursor = new InstructionCursor(module, wasmLimits);
  for (const { start, end } of contents.bodies.slice(contents.bodies.length >> 1)) {
    const reader = new ByteReader(module, start, end, wasmLimits);
    readLocals(reader);
    cursor.seek(reader.at, end);
    while (cursor.next()) {
      if (cursor.opcode !== i32Const || cursor.end !== cursor.starts[0]! + 1) continue;
      const fresh = Uint8Array.from(module);
      fresh[cursor.starts[0]!]! ^= 1;
      return fresh;
    }
  }
  throw new Error('the module has no small constant');
}

const identity = (length: number): Int32Array => Int32Array.from({ length }, (_, index) => index);
const nothing = { starts: new Float64Array(), shifts: new Float64Array() };

/** The module with its last functions first and all constants from 1024 on moved: every call and address has another number. */
export function renumbered(module: Uint8Array): Uint8Array {
  const contents = readContents(readBinary(module, wasmLimits), wasmLimits);
  const imported = importedCount(contents, 'function');
  const [own, cut] = [contents.functions.length, contents.functions.length >> 2];
  const turned = identity(own).map((index) => imported + ((index + own - cut) % own));
  const maps: Maps = {
    importedFunctions: imported,
    functions: Int32Array.from([...identity(imported), ...turned]),
    aliases: { old: new Int32Array(), fresh: new Int32Array() },
    types: identity(typeCount(contents)),
    globals: identity(importedCount(contents, 'global') + contents.globals.length),
    constants: { starts: Float64Array.of(1024), shifts: Float64Array.of(64) },
    slots: nothing,
    tables: [],
    regions: { starts: new Float64Array(), classes: new Uint8Array() },
  };
  return rewriteModule(module, maps).bytes;
}
