import type { NumberType, ShownState } from '../../../artifact/snapshot/show-state.ts';
import { UncapturableState } from '../../../artifact/snapshot/show-state.ts';
import { blockBytes, type Snapshot, SnapshotError } from '../../../artifact/snapshot/snapshot.ts';

/** An instance of a module whose state is shown. */
export interface ShownInstance {
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory | undefined;
}

type Shown = Pick<ShownState, 'globals' | 'tables'>;

/** The tables of an instance as they are now, element by element. */
export type Tables = readonly (readonly unknown[])[];

const pageBytes = 65_536;
/** Of memory, looked at and copied in much less than a millisecond. */
const stretchBytes = 4 * pageBytes;

/** The tables of an instance: taken before it has run, they tell whether they changed. */
export function tablesOf({ exports }: ShownInstance, { tables }: Shown): Tables {
  return tables.map((name) => {
    const table = exports[name] as WebAssembly.Table;
    return Array.from({ length: table.length }, (_, at) => table.get(at));
  });
}

/** What of a snapshot is in the instance. */
export type InstanceState = Pick<Snapshot, 'memoryPages' | 'blocks' | 'globals'>;

/**
 * Takes the state of an instance that nothing runs in, and stops after every stretch of its memory: whoever asks for the next one
 * says when. Throws where it has what can't be carried over.
 */
export function* capturing(
  instance: ShownInstance,
  shown: Shown,
  tablesAtStart: Tables,
): Generator<void, InstanceState, void> {
  const tables = tablesOf(instance, shown);
  const isSame = tables.every((table, at) => {
    const before = tablesAtStart[at]!;
    return table.length === before.length && table.every((element, index) => element === before[index]);
  });
  if (!isSame) throw new UncapturableState('it changed a table of references, which only this instance can follow');
  const buffer = instance.memory?.buffer ?? new ArrayBuffer(0);
  const globals = Object.entries(shown.globals).map(([name, type]) => {
    return [name, textOf((instance.exports[name] as WebAssembly.Global).value, type)] as const;
  });
  return {
    memoryPages: buffer.byteLength / pageBytes,
    blocks: yield* blocksOf(new Uint8Array(buffer)),
    globals: Object.fromEntries(globals),
  };
}

/**
 * Gives a new instance that state, and stops after every stretch of its memory; it was made with the memory of `memory`, and has not
 * run. Throws where it does not fit, and changes nothing then.
 */
export function* restoring(
  { exports, memory }: ShownInstance,
  { globals }: Shown,
  snapshot: Snapshot,
): Generator<void, void, void> {
  const names = Object.keys(globals);
  if (names.length !== Object.keys(snapshot.globals).length || names.some((name) => !(name in snapshot.globals)))
    throw new SnapshotError('it has other globals than the module');
  const values = names.map((name) => numberFrom(snapshot.globals[name]!, globals[name]!));
  resize(memory, snapshot.memoryPages);
  const bytes = new Uint8Array(memory?.buffer ?? new ArrayBuffer(0));
  for (let start = 0; start < bytes.length; start += stretchBytes) {
    bytes.fill(0, start, start + stretchBytes);
    for (let address = start; address < start + stretchBytes; address += blockBytes) {
      const block = snapshot.blocks.get(address);
      if (block !== undefined) bytes.set(block, address);
    }
    yield;
  }
  for (const [at, name] of names.entries()) (exports[name] as WebAssembly.Global).value = values[at]!;
}

function resize(memory: WebAssembly.Memory | undefined, pages: number): void {
  const missing = pages - (memory?.buffer.byteLength ?? 0) / pageBytes;
  if (missing < 0) throw new SnapshotError(`it has ${pages} pages of memory, the module starts with more`);
  if (missing === 0) return;
  try {
    memory!.grow(missing);
  } catch {
    throw new SnapshotError(`it has ${pages} pages of memory, which is more than the module may have here`);
  }
}

/** Copies of what is not zero, one for each stretch that has any. */
function* blocksOf(bytes: Uint8Array): Generator<void, ReadonlyMap<number, Uint8Array>, void> {
  const blocks = new Map<number, Uint8Array>();
  const zeroes = Buffer.alloc(blockBytes);
  for (let start = 0; start < bytes.length; start += stretchBytes) {
    yield;
    const there = bytes.subarray(start, start + stretchBytes);
    const isKept = (offset: number): boolean => !zeroes.equals(there.subarray(offset, offset + blockBytes));
    const offsets = Array.from({ length: there.length / blockBytes }, (_, at) => at * blockBytes).filter(isKept);
    const copy = new Uint8Array(offsets.length * blockBytes);
    for (const [at, offset] of offsets.entries()) {
      const block = copy.subarray(at * blockBytes, (at + 1) * blockBytes);
      block.set(there.subarray(offset, offset + blockBytes));
      blocks.set(start + offset, block);
    }
  }
  return blocks;
}

/** Integers in decimal; floats by their bits, so that none is rounded. */
function textOf(value: number | bigint, type: NumberType): string {
  if (type === 'i32' || type === 'i64') return String(value);
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value as number);
  return bits.toString('hex');
}

function numberFrom(text: string, type: NumberType): number | bigint {
  const isInteger = type === 'i32' || type === 'i64';
  const shape = isInteger ? /^-?\d{1,20}$/ : /^[0-9a-f]{16}$/;
  if (!shape.test(text)) throw new SnapshotError('the value of a global is no number');
  if (type === 'i64') return BigInt.asIntN(64, BigInt(text));
  return isInteger ? Number(text) : Buffer.from(text, 'hex').readDoubleBE();
}
