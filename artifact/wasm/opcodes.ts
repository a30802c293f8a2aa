import { atomicOpcodes, coreOpcodes, gcOpcodes, miscOpcodes, vectorOpcodes } from './opcode-table.ts';

/**
 * How the immediates of an instruction are laid out. Values below `fixedLayouts.length` are plain sequences; the rest
 * have a length of their own and are read by hand.
 */
export const layout = {
  none: 0,
  func: 1,
  type: 2,
  global: 3,
  local: 4,
  label: 5,
  memarg: 6,
  i32: 7,
  i64: 8,
  f32: 9,
  f64: 10,
  block: 11,
  table: 12,
  memory: 13,
  tag: 14,
  heap: 15,
  'type,table': 16,
  'type,field': 17,
  'type,count': 18,
  'type,data': 19,
  'type,elem': 20,
  'type,type': 21,
  'flags,label,heap,heap': 22,
  'data,memory': 23,
  data: 24,
  'memory,memory': 25,
  'elem,table': 26,
  elem: 27,
  'table,table': 28,
  v128: 29,
  lane: 30,
  'memarg,lane': 31,
  flags: 32,
  targets: 33,
  'value types': 34,
  catches: 35,
} as const;

/** Opcodes are numbered in one space: the byte itself, or 256 × (prefix − 0xfa) + the number after the prefix. */
export const opcodeSpace = 0x800;
/** The layout of a code that no ratified proposal uses. */
export const noLayout = 255;
/** The layout of each opcode's immediates. */
export const layoutOfOpcode: Uint8Array = new Uint8Array(opcodeSpace).fill(noLayout);
const names: string[] = [];

/** First opcode of each prefix byte; the vector codes take two pages. */
export const prefixBase: Readonly<Record<number, number>> = { 251: 0x100, 252: 0x200, 253: 0x300, 254: 0x500 };

/** The name of an opcode in the text format, for people. */
export function opcodeName(opcode: number): string {
  return names[opcode] ?? `unknown 0x${opcode.toString(16)}`;
}

function load(table: string, base: number): void {
  for (const line of table.trim().split('\n')) {
    const [, code, immediates, list] = /^\s*([0-9a-f]+)(?: ([^:]+))?: (.+)$/.exec(line) ?? [];
    const shape = layout[(immediates ?? 'none') as keyof typeof layout];
    let opcode = base + Number.parseInt(code!, 16);
    for (const name of list!.split(' ')) {
      if (name !== '-') {
        layoutOfOpcode[opcode] = shape;
        names[opcode] = name;
      }
      opcode++;
    }
  }
}

load(coreOpcodes, 0);
load(gcOpcodes, prefixBase[0xfb]!);
load(miscOpcodes, prefixBase[0xfc]!);
load(vectorOpcodes, prefixBase[0xfd]!);
load(atomicOpcodes, prefixBase[0xfe]!);
