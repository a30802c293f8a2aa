/**
 * How a linked module gets at the memory of the module that calls it: by two functions that copy between the two memories, so that
 * each keeps its own stack, data and allocator, and a successor may take its place at any time.
 */
import { callerFunctions } from '../admission/caller-functions.ts';
import { Assembler } from '../fuel/assembler.ts';
import { type CompositeType, sectionId } from '../wasm/module.ts';
import { ByteWriter } from '../wasm/write/bytes.ts';
import { writeFunctionBody, writeLocals } from '../wasm/write/code.ts';
import { writeExport, writeImport } from '../wasm/write/entries.ts';
import { type SectionContents, writeBinary } from '../wasm/write/module.ts';
import { writeRecursiveGroup, writeVector } from '../wasm/write/types.ts';
import type { LinkedFunction } from './trampolines.ts';

const i32 = { code: 0x7f };

/** The functions, as what stands between a linked module and what copies for it has them. */
export const callerSlots: readonly LinkedFunction[] = callerFunctions.map((name) => ({
  name,
  params: [i32, i32, i32],
  results: [],
}));

/** The names that the copying module imports its two memories from, each as `memory`. */
export const copiedMemories = { own: 'own', caller: 'caller' } as const;

const [own, caller] = [0, 1];
const [bulkPrefix, memoryCopy] = [0xfc, 10];
const pagesMax = 65_536;
const hasMaximum = 1;

/** The module that copies; it exports both functions. Plain, to be metered like any other: a copy costs by its length. */
export function writeCopies(): Uint8Array {
  const type: CompositeType = { kind: 'function', params: callerSlots[0]!.params, results: [] };
  return writeBinary('module', [
    section(sectionId.type, [type], (writer, composite) =>
      writeRecursiveGroup(writer, { explicit: false, types: [{ form: 'short', supers: [], composite }] }),
    ),
    section(sectionId.import, [copiedMemories.own, copiedMemories.caller], (writer, module) =>
      writeImport(writer, {
        ...{ module, name: 'memory' },
        type: { kind: 'memory', limits: { flags: hasMaximum, minimum: 0, maximum: pagesMax } },
      }),
    ),
    section(sectionId.function, callerSlots, (writer) => writer.u32(0)),
    section(sectionId.export, [...callerSlots.entries()], (writer, [index, { name }]) =>
      writeExport(writer, { name, kind: 'function', index }),
    ),
    section(sectionId.code, [copy(own, caller), copy(caller, own)], (writer, body) => writeFunctionBody(writer, body)),
  ]);
}

function section<T>(id: number, items: readonly T[], one: (writer: ByteWriter, item: T) => void): SectionContents {
  const writer = new ByteWriter();
  writeVector(writer, items, one);
  return { id, payload: writer.contents() };
}

function copy(to: number, from: number): Uint8Array {
  const code = new Assembler();
  writeLocals(code, []);
  for (const param of [0, 1, 2]) code.localGet(param);
  code.byte(bulkPrefix);
  for (const part of [memoryCopy, to, from]) code.u32(part);
  code.end();
  return code.contents();
}
