import { layoutOfOpcode, noLayout, opcodeName, opcodeSpace } from '../wasm/opcodes.ts';
import { stackEffects } from '../wasm/stack-effects.ts';

/** What the rewriter has to do at an instruction besides adding up its cost. */
export const action = {
  none: 0,
  block: 1,
  loop: 2,
  if: 3,
  else: 4,
  end: 5,
  try: 6,
  catch: 7,
  catchAll: 8,
  delegate: 9,
  tryTable: 10,
  branch: 11,
  branchIf: 12,
  branchTable: 13,
  branchOn: 14,
  leave: 15,
  return: 16,
  call: 17,
  callIndirect: 18,
  callRef: 19,
  tailCall: 20,
  tailCallIndirect: 21,
  tailCallRef: 22,
  throw: 23,
  functionReference: 24,
  global: 25,
  memoryBulk: 26,
  tableBulk: 27,
  arrayBulk: 28,
  fixedArray: 29,
  wait: 30,
  struct: 31,
  memoryGrow: 32,
} as const;

const actions: Readonly<Record<string, number>> = {
  block: action.block,
  loop: action.loop,
  if: action.if,
  else: action.else,
  end: action.end,
  try: action.try,
  catch: action.catch,
  catch_all: action.catchAll,
  delegate: action.delegate,
  try_table: action.tryTable,
  br: action.branch,
  br_if: action.branchIf,
  br_table: action.branchTable,
  br_on_null: action.branchOn,
  br_on_non_null: action.branchOn,
  br_on_cast: action.branchOn,
  br_on_cast_fail: action.branchOn,
  unreachable: action.leave,
  return: action.return,
  call: action.call,
  call_indirect: action.callIndirect,
  call_ref: action.callRef,
  return_call: action.tailCall,
  return_call_indirect: action.tailCallIndirect,
  return_call_ref: action.tailCallRef,
  throw: action.throw,
  throw_ref: action.throw,
  rethrow: action.throw,
  'ref.func': action.functionReference,
  'global.get': action.global,
  'global.set': action.global,
  'memory.grow': action.memoryGrow,
  'memory.init': action.memoryBulk,
  'memory.copy': action.memoryBulk,
  'memory.fill': action.memoryBulk,
  'table.init': action.tableBulk,
  'table.copy': action.tableBulk,
  'table.fill': action.tableBulk,
  'table.grow': action.tableBulk,
  'array.new': action.arrayBulk,
  'array.new_default': action.arrayBulk,
  'array.new_data': action.arrayBulk,
  'array.new_elem': action.arrayBulk,
  'array.fill': action.arrayBulk,
  'array.copy': action.arrayBulk,
  'array.init_data': action.arrayBulk,
  'array.init_elem': action.arrayBulk,
  'array.new_fixed': action.fixedArray,
  'struct.new': action.struct,
  'memory.atomic.wait32': action.wait,
  'memory.atomic.wait64': action.wait,
};

// Everything else costs 1. Growing and throwing take the engine's own code, over all that is there.
const costs: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    ['nop', 'block', 'loop', 'else', 'end', 'try', 'try_table', 'delegate'].map((name) => [name, 0]),
  ),
  'memory.grow': 1000,
  'table.grow': 1000,
  throw: 500,
  throw_ref: 500,
  rethrow: 500,
  call_indirect: 4,
  call_ref: 4,
  return_call_indirect: 4,
  return_call_ref: 4,
};

// Those that move control and take an operand; where the height depends on a type, the walk knows it.
const taking = new Set(['if', 'br_if', 'br_table', 'br_on_non_null']);

/** The action of each opcode. */
export const actionOfOpcode = new Uint8Array(opcodeSpace);
/** The fuel of each opcode; what depends on a length comes on top. */
export const costOfOpcode = new Uint16Array(opcodeSpace);
/** By how many values the operand stack grows; branches to other code, calls and what depends on a type aside. */
export const growthOfOpcode = new Int8Array(opcodeSpace);

for (let opcode = 0; opcode < opcodeSpace; opcode++) {
  if (layoutOfOpcode[opcode] === noLayout) continue;
  const name = opcodeName(opcode);
  actionOfOpcode[opcode] = actions[name] ?? action.none;
  costOfOpcode[opcode] = costs[name] ?? 1;
  growthOfOpcode[opcode] = taking.has(name) ? -1 : stackEffects[opcode]!;
}
