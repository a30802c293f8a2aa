import { type ImmediateKind, immediate } from '../../wasm/immediates.ts';
import type { FunctionBody, Section } from '../../wasm/module.ts';
import { ByteReader } from '../../wasm/read/bytes.ts';
import { readLocals } from '../../wasm/read/code.ts';
import { InstructionCursor } from '../../wasm/read/instructions.ts';
import { unsignedWidth } from './output.ts';
import { importedCount, type RewriteSource } from './source.ts';
import { movable } from './translation.ts';

/** Where the body of each function of the new module stands in the rewritten one; -1 where there is none. */
export interface BodyRanges {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** The order in which bodies of the old module are written. */
export interface BodyOrder {
  /** Indices of bodies: as the new module is expected to order them, then those it seems not to have. */
  readonly bodies: Int32Array;
  /** The index of the new function that the body at the same place stands for; shorter by what is left over. */
  readonly functions: Int32Array;
}

/** The order that the function map asks for. */
export function bodyOrder({ contents, translation: { maps } }: RewriteSource): BodyOrder {
  const count = contents.bodies.length;
  const imported = importedCount(contents, 'function');
  const bodies: number[] = [];
  const functions: number[] = [];
  const used = new Uint8Array(count);
  for (let index = maps.importedFunctions; index < maps.functions.length; index++) {
    const body = maps.functions[index]! - imported;
    if (body < 0 || body >= count) continue;
    used[body] = 1;
    bodies.push(body);
    functions.push(index);
  }
  for (let body = 0; body < count; body++) if (used[body] === 0) bodies.push(body);
  return { bodies: Int32Array.from(bodies), functions: Int32Array.from(functions) };
}

/** Writes the function section: type indices in the order of the bodies. */
export function rewriteFunctions(
  { contents, translation, transcript: { out } }: RewriteSource,
  order: BodyOrder,
): void {
  out.unsigned(order.bodies.length, 1);
  for (const body of order.bodies) {
    const type = contents.functions[body];
    if (type !== undefined) out.unsigned(translation.translate(immediate.type, type), 1);
  }
}

/** Writes the code section and notes where each body went. */
export function rewriteCode(source: RewriteSource, section: Section, order: BodyOrder, ranges: BodyRanges): void {
  const { binary, contents, transcript, limits } = source;
  const { out } = transcript;
  const cursor = new InstructionCursor(binary.bytes, limits);
  const count = new ByteReader(binary.bytes, section.payload, section.end, limits);
  const oldCount = count.count();
  out.unsigned(order.bodies.length, unsignedWidth(oldCount, count.at - section.payload));
  order.bodies.forEach((index, place) => {
    const body = contents.bodies[index]!;
    const mark = out.open(body.sizeWidth);
    rewriteBody(source, body, cursor);
    const moved = out.close(mark, body.sizeWidth);
    const fresh = order.functions[place];
    if (fresh === undefined) return;
    ranges.starts[fresh] = mark + moved;
    ranges.ends[fresh] = out.length;
  });
}

function rewriteBody(
  { binary, transcript, limits }: RewriteSource,
  body: FunctionBody,
  cursor: InstructionCursor,
): void {
  transcript.begin(body.start);
  const locals = new ByteReader(binary.bytes, body.start, body.end, limits, transcript);
  readLocals(locals);
  cursor.seek(locals.at, body.end);
  while (cursor.next()) {
    for (let i = 0; i < cursor.count; i++) {
      const kind = cursor.kinds[i]!;
      if (movable[kind] === 0) continue;
      transcript.field(kind as ImmediateKind, cursor.values[i]!, cursor.starts[i]!, cursor.starts[i + 1]!);
    }
  }
  transcript.flush(body.end);
}
