/** Writes small WebAssembly modules, so that each test shows the very instructions it is about. */

const encoder = new TextEncoder();

function unsigned(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const text = (value: string): number[] => sized([...encoder.encode(value)]);
const list = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, items: readonly (readonly number[])[]): number[] =>
  items.length === 0 ? [] : [id, ...sized(list(items))];

const valueTypes = { i32: 0x7f, i64: 0x7e };
type ValueType = keyof typeof valueTypes;

/** Instructions as bytes. */
export const op = {
  unreachable: [0x00],
  drop: [0x1a],
  loopForever: [0x03, 0x40, 0x0c, 0x00, 0x0b],
  i32: (value: number): number[] => [0x41, ...signed(value)],
  call: (index: number): number[] => [0x10, ...unsigned(index)],
  loop: (...body: number[][]): number[] => [0x03, 0x40, ...body.flat(), 0x0c, 0x00, 0x0b],
};

export interface ModuleShape {
  readonly imports?: readonly { module?: string; name: string; params?: readonly ValueType[]; result?: ValueType }[];
  /** Exported functions, without parameters or results unless `signatures` says so; indices follow the imports'. */
  readonly functions: Readonly<Record<string, readonly number[][]>>;
  readonly signatures?: Readonly<Record<string, { params?: readonly ValueType[]; result?: ValueType }>>;
  /** Bytes at addresses of the memory. */
  readonly data?: Readonly<Record<number, string | readonly number[]>>;
  readonly memory?: 'exported' | 'hidden' | 'imported';
  /** What the memory starts with. */
  readonly pages?: number;
  /** It asks for no more than that. */
  readonly isFixed?: boolean;
}

/** The module's bytes. */
export function buildModule(shape: ModuleShape): Uint8Array {
  const {
    imports = [],
    functions,
    signatures = {},
    data = {},
    memory = 'exported',
    pages = 1,
    isFixed = false,
  } = shape;
  const limits = isFixed ? [0x01, ...unsigned(pages), ...unsigned(pages)] : [0x00, ...unsigned(pages)];
  const names = Object.keys(functions);
  const types = [...imports, ...names.map((name) => signatures[name] ?? {})].map(({ params = [], result }) => [
    0x60,
    ...list(params.map((type) => [valueTypes[type]])),
    ...list(result === undefined ? [] : [[valueTypes[result]]]),
  ]);
  const entries = imports.map(({ module = 'wasi_snapshot_preview1', name }, index) => [
    ...text(module),
    ...text(name),
    0x00,
    ...unsigned(index),
  ]);
  if (memory === 'imported') entries.push([...text('env'), ...text('memory'), 0x02, ...limits]);
  const exports = names.map((name, index) => [...text(name), 0x00, ...unsigned(imports.length + index)]);
  if (memory === 'exported') exports.push([...text('memory'), 0x02, 0x00]);
  const bodies = names.map((name) => sized([0x00, ...(functions[name] ?? []).flat(), 0x0b]));
  const segments = Object.entries(data).map(([at, bytes]) => [
    0x00,
    ...op.i32(Number(at)),
    0x0b,
    ...(typeof bytes === 'string' ? text(bytes) : sized([...bytes])),
  ]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, entries),
    ...section(
      3,
      names.map((_, index) => unsigned(imports.length + index)),
    ),
    ...section(5, memory === 'imported' ? [] : [limits]),
    ...section(7, exports),
    ...section(10, bodies),
    ...section(11, segments),
  ]);
}

/** A little-endian 32-bit word, for tables in memory. */
export function word(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

/** A command that prints `line` and then does `after`. */
export function printer(line: string, ...after: number[][]): Uint8Array {
  const bytes = encoder.encode(line).length;
  return buildModule({
    imports: [
      { name: 'fd_write', params: ['i32', 'i32', 'i32', 'i32'], result: 'i32' },
      { name: 'proc_exit', params: ['i32'] },
    ],
    functions: { _start: [op.i32(1), op.i32(0), op.i32(1), op.i32(8), op.call(0), op.drop, ...after] },
    data: { 0: [...word(16), ...word(bytes)], 16: line },
  });
}
