import { Assembler } from '../fuel/assembler.ts';
import { type CompositeType, sectionId, type ValueType } from '../wasm/module.ts';
import { ByteWriter } from '../wasm/write/bytes.ts';
import { writeFunctionBody, writeLocals } from '../wasm/write/code.ts';
import { writeExport } from '../wasm/write/entries.ts';
import { writeBinary } from '../wasm/write/module.ts';
import { writeRecursiveGroup, writeTableType, writeVector } from '../wasm/write/types.ts';

/** A function that one module imports from another: its name, what it takes and what it gives. */
export interface LinkedFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** The export under which a host finds the table: slot by slot what fulfils the functions, in their order. */
export const slotsExport = 'fleet:slots';

const functionReference: ValueType = { code: 0x70 };
const hasMaximum = 1;

/**
 * A module that stands between one that imports these functions and one that exports them. It exports each under its name, and
 * each calls what stands in its slot of the table at that moment; an empty slot traps. Whoever changes a slot changes where the
 * next call goes: a call that is under way returns from where it went.
 *
 *     consumer ──call──► trampoline ──call_indirect──► slot ──► provider
 *
 * It is plain, to be metered like any other: so a recursion through a link is counted frame by frame.
 */
export function writeTrampolines(functions: readonly LinkedFunction[]): Uint8Array {
  const section = (id: number, write: (writer: ByteWriter) => void) => {
    const writer = new ByteWriter();
    write(writer);
    return { id, payload: writer.contents() };
  };
  const limits = { flags: hasMaximum, minimum: functions.length, maximum: functions.length };
  return writeBinary('module', [
    section(sectionId.type, (writer) => writeVector(writer, functions.map(compositeOf), writeType)),
    section(sectionId.function, (writer) => writeVector(writer, [...functions.keys()], (inner, at) => inner.u32(at))),
    section(sectionId.table, (writer) =>
      writeVector(writer, [{ element: functionReference, limits }], (inner, table) => writeTableType(inner, table)),
    ),
    section(sectionId.export, (writer) => writeExports(writer, functions)),
    section(sectionId.code, (writer) =>
      writeVector(writer, [...functions.entries()], (inner, [slot, { params }]) =>
        writeFunctionBody(inner, bodyOf(slot, params.length)),
      ),
    ),
  ]);
}

function compositeOf({ params, results }: LinkedFunction): CompositeType {
  return { kind: 'function', params, results };
}

function writeType(writer: ByteWriter, composite: CompositeType): void {
  writeRecursiveGroup(writer, { explicit: false, types: [{ form: 'short', supers: [], composite }] });
}

function writeExports(writer: ByteWriter, functions: readonly LinkedFunction[]): void {
  const shown = functions.map(({ name }, index) => ({ name, kind: 'function', index }) as const);
  writeVector(writer, [...shown, { name: slotsExport, kind: 'table', index: 0 } as const], writeExport);
}

/** Hands all parameters on to what stands in the slot; type and slot of a function have its number. */
function bodyOf(number: number, params: number): Uint8Array {
  const code = new Assembler();
  writeLocals(code, []);
  for (let param = 0; param < params; param++) code.localGet(param);
  code.i32Const(number);
  code.callIndirect(number);
  code.end();
  return code.contents();
}
