/** Every opcode as bytes, with immediates that fit the module of `moduleAround`. */
import { layout, layoutOfOpcode, opcodeName } from '../../../artifact/wasm/opcodes.ts';
import { unsigned } from './sample-modules.ts';

const layoutNames = Object.fromEntries(Object.entries(layout).map(([name, code]) => [code, name]));

/** The bytes of an opcode. */
export function codeOf(opcode: number): number[] {
  if (opcode < 0x100) return [opcode];
  if (opcode < 0x200) return [0xfb, ...unsigned(opcode - 0x100)];
  if (opcode < 0x300) return [0xfc, ...unsigned(opcode - 0x200)];
  return opcode < 0x500 ? [0xfd, ...unsigned(opcode - 0x300)] : [0xfe, ...unsigned(opcode - 0x500)];
}

// Type 1 is a struct, 2 an array of bytes, 3 an array of functions, 0 a function type, 5 a struct of a byte.
function typeFor(name: string): number {
  if (name.startsWith('struct.get_')) return 5;
  if (name === 'array.get') return 3;
  if (name.startsWith('struct')) return 1;
  if (name.endsWith('_elem')) return 3;
  return name.startsWith('array') ? 2 : 0;
}

function alignmentOf(name: string): number {
  if (!name.includes('atomic')) return 0;
  if (name.includes('notify') || name.includes('wait32')) return 2;
  if (name.includes('wait64')) return 3;
  const width = /(?:rmw|load|store)(8|16|32)/.exec(name)?.[1] ?? (name.startsWith('i64') ? '64' : '32');
  return Math.log2(Number(width) / 8);
}

/** Immediates that V8 takes. */
export function immediatesFor(opcode: number): number[] {
  const name = opcodeName(opcode);
  const type = typeFor(name);
  switch (layoutNames[layoutOfOpcode[opcode]!]) {
    case 'none':
      return [];
    case 'memarg':
      return [alignmentOf(name), 0];
    case 'memarg,lane':
      return [0, 0, 0];
    case 'f32':
      return [0, 0, 0, 0];
    case 'f64':
      return [0, 0, 0, 0, 0, 0, 0, 0];
    case 'v128':
      return new Array(16).fill(0);
    case 'block':
      return [0x40];
    case 'heap':
      return [0x6e];
    case 'type':
      return [type];
    case 'type,table':
    case 'data,memory':
    case 'memory,memory':
    case 'elem,table':
    case 'table,table':
    case 'targets':
      return [0, 0];
    case 'type,field':
    case 'type,count':
    case 'type,data':
    case 'type,elem':
      return [type, 0];
    case 'type,type':
      return [type, type];
    case 'flags,label,heap,heap':
      return [3, 0, 0x6e, 0x6e];
    case 'value types':
      return [1, 0x7f];
    case 'catches':
      return [0x40, 1, 2, 0];
    default:
      return [0];
  }
}
