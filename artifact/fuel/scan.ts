import type { WasmLimits } from '../wasm/limits.ts';
import type { FunctionBody } from '../wasm/module.ts';
import { ByteReader } from '../wasm/read/bytes.ts';
import { readLocals } from '../wasm/read/code.ts';
import { InstructionCursor } from '../wasm/read/instructions.ts';
import { BodyScan } from './body-scan.ts';
import type { BodyShape } from './body-shape.ts';
import type { EditLog } from './edit-log.ts';
import { frameBytes, vectorType } from './frame.ts';
import type { Signatures } from './signatures.ts';

/** Reads function bodies of a module of these signatures, one after the other. */
export function bodyScanner(bytes: Uint8Array, signatures: Signatures, limits: WasmLimits, log: EditLog) {
  const scan = new BodyScan(new InstructionCursor(bytes, limits), log, signatures);
  return (body: FunctionBody, type: number): BodyShape => {
    const reader = new ByteReader(bytes, body.start, body.end, limits);
    const runs = readLocals(reader);
    const params = signatures.params[type] ?? 0;
    const locals = runs.reduce((sum, { count }) => sum + count, params);
    const from = log.length;
    const { seen, ...parts } = scan.read(reader.at, body.end, signatures.results[type] ?? 0);
    const { usesVectors, heightMax, ...traits } = seen;
    const hasVectors = usesVectors || runs.some(({ type: { code } }) => code === vectorType);
    return {
      ...{ runs, locals, start: reader.at, end: body.end },
      ...parts,
      ...traits,
      edits: { from, to: log.length },
      frameBytes: frameBytes({ locals, params, heightMax, usesVectors: hasVectors }),
    };
  };
}
