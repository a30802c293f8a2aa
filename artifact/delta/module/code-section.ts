import { WasmError } from '../../wasm/error.ts';
import { wasmLimits } from '../../wasm/limits.ts';
import { sectionId } from '../../wasm/module.ts';
import { ByteReader } from '../../wasm/read/bytes.ts';
import { readFunctionBody } from '../../wasm/read/code.ts';
import { sectionOf } from '../../wasm/read/module.ts';
import { coreModuleOf } from '../rewrite/nesting.ts';
import type { Bodies } from './code-codec.ts';

/** The function bodies of a file and the bytes that they and their lengths take. */
export type CodeRange = { readonly bodies: Bodies; readonly start: number; readonly end: number };

/** The bodies of a module, or of the largest one of a component; undefined where there are none. */
export const codeRangeOf = (file: Uint8Array): CodeRange | undefined => {
  try {
    const nested = coreModuleOf(file);
    const section = nested && sectionOf(nested.binary, sectionId.code);
    if (nested === undefined || section === undefined) return undefined;
    const reader = new ByteReader(file, nested.offset + section.payload, nested.offset + section.end, wasmLimits);
    const count = reader.count();
    const start = reader.at;
    const bodies = {
      count,
      starts: new Uint32Array(count),
      ends: new Uint32Array(count),
      widths: new Uint8Array(count),
    };
    for (let index = 0; index < count; index++) {
      const body = readFunctionBody(reader);
      bodies.starts[index] = body.start;
      bodies.ends[index] = body.end;
      bodies.widths[index] = body.sizeWidth;
    }
    reader.finish();
    return { bodies, start, end: reader.at };
  } catch (error) {
    if (error instanceof WasmError) return undefined;
    throw error;
  }
};

/** A file without the bytes that its function bodies take. */
export const withoutCode = (
  file: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
): Uint8Array => {
  const rest = new Uint8Array(file.length - (end - start));
  rest.set(file.subarray(0, start));
  rest.set(file.subarray(end), start);
  return rest;
};
