import type { WasmLimits } from '../wasm/limits.ts';
import type { FunctionBody } from '../wasm/module.ts';
import { ByteReader } from '../wasm/read/bytes.ts';
import { readLocals } from '../wasm/read/code.ts';
import type { InstructionCursor } from '../wasm/read/instructions.ts';
import { BodyScan } from './body-scan.ts';
import type { BodyShape } from './body-shape.ts';
import type { EditLog } from './edit-log.ts';
import { frameBytes, vectorType } from './frame.ts';
import type { Signatures } from './signatures.ts';

/** Reads one function body of a module of these signatures. */
export function scanBody(
  cursor: InstructionCursor,
  body: FunctionBody,
  type: number,
  signatures: Signatures,
  limits: WasmLimits,
  log: EditLog,
): BodyShape {
  const reader = new ByteReader(cursor.bytes, body.start, body.end, limits);
  const runs = readLocals(reader);
  const params = signatures.params[type] ?? 0;
  const locals = runs.reduce((sum, { count }) => sum + count, params);
  const scan = new BodyScan(cursor, log, signatures, signatures.results[type] ?? 0);
  const from = log.length;
  scan.run(reader.at, body.end);
  const usesVectors = scan.usesVectors || runs.some(({ type: { code } }) => code === vectorType);
  const frame = frameBytes({ locals, params, heightMax: scan.heightMax, usesVectors });
  const { segments, calls, references } = scan;
  const edits = { from, to: log.length };
  const { callsIndirectly, hasLoop, hasHandler, hasBulk, throwsOrTailCalls } = scan;
  const { constructs } = scan.open;
  const { flow } = scan.ways;
  const code = { segments, flow, constructs, edits, calls, references };
  const traits = { callsIndirectly, hasLoop, hasHandler, hasBulk, throwsOrTailCalls };
  return { runs, locals, start: reader.at, end: body.end, ...code, ...traits, frameBytes: frame };
}
