/** Who pays for which instructions of a module, found by a recursive walk over each function's tree of blocks. */
import { costOfOpcode } from '../../../artifact/fuel/costs.ts';
import { chargeRules } from '../../../artifact/fuel/limits.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import type { FunctionBody } from '../../../artifact/wasm/module.ts';
import { opcodeName } from '../../../artifact/wasm/opcodes.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readLocals } from '../../../artifact/wasm/read/code.ts';
import { type ModuleContents, readContents } from '../../../artifact/wasm/read/contents.ts';
import { InstructionCursor } from '../../../artifact/wasm/read/instructions.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';

/** One instruction as the walk needs it. */
export interface Instruction {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly cost: number;
  /** Labels it may go to, or the function it names. */
  readonly targets: readonly number[];
}

/** A block with what is in it; arms are cut by else and catch. */
interface Block {
  readonly opening: Instruction;
  readonly arms: readonly { readonly by: Instruction | undefined; readonly items: readonly (Instruction | Block)[] }[];
  readonly closing: Instruction;
}

/** Instructions that a charge covers; the counter stands where they begin. */
interface Piece {
  readonly counter: number;
  cost: number;
  readonly before: Piece | undefined;
}

/** Whether it calls a function by its index. */
export const isCall = ({ name }: Instruction): boolean => name === 'call' || name === 'return_call';
const isBlock = (item: Instruction | Block): item is Block => 'arms' in item;
/** What works on as many items as its last operand says. */
export const bulk =
  /^(memory\.(init|copy|fill)|table\.(init|copy|fill|grow)|array\.(new|new_default|new_data|new_elem|fill|copy|init_data|init_elem))$/;
/** Behind these nothing goes on. */
export const never = /^(br|br_table|return|unreachable|throw|throw_ref|rethrow|return_call.*)$/;
const outOfLine = /^(return|unreachable|throw|throw_ref|rethrow|return_call.*)$/;

/** The instructions of a body. */
export function instructionsOf(bytes: Uint8Array, body: FunctionBody): Instruction[] {
  const reader = new ByteReader(bytes, body.start, body.end, wasmLimits);
  readLocals(reader);
  const cursor = new InstructionCursor(bytes, wasmLimits);
  cursor.seek(reader.at, body.end);
  const found: Instruction[] = [];
  while (cursor.next()) {
    const name = opcodeName(cursor.opcode);
    const label = 10;
    const values = [...cursor.values.slice(0, cursor.count)];
    const targets = /^((return_)?call|ref\.func)$/.test(name)
      ? values
      : values.filter((_, i) => cursor.kinds[i] === label);
    const more = name === 'array.new_fixed' ? values[1]! : 0;
    found.push({ name, start: cursor.start, end: cursor.end, cost: costOfOpcode[cursor.opcode]! + more, targets });
  }
  return found;
}

/** The blocks of a body, from its instructions. */
export function treeOf(instructions: readonly Instruction[]): Block {
  let at = 0;
  const block = (opening: Instruction): Block => {
    const arms: { by: Instruction | undefined; items: (Instruction | Block)[] }[] = [{ by: undefined, items: [] }];
    for (;;) {
      const next = instructions[at++]!;
      if (next.name === 'end' || next.name === 'delegate') return { opening, arms, closing: next };
      if (['else', 'catch', 'catch_all'].includes(next.name)) arms.push({ by: next, items: [] });
      else
        arms.at(-1)!.items.push(['block', 'loop', 'if', 'try', 'try_table'].includes(next.name) ? block(next) : next);
    }
  };
  const start = instructions[0]!;
  return block({ name: 'function', start: start.start, end: start.start, cost: 0, targets: [] });
}

/** By how many labels beyond this block something inside it goes; 0 when all goes on behind it or in it. */
function beyond(block: Block): number {
  let far = block.opening.name === 'try_table' ? Math.max(0, ...block.opening.targets.map((label) => label + 1)) : 0;
  for (const item of block.arms.flatMap(({ items }) => items)) {
    if (isBlock(item)) far = Math.max(far, beyond(item) - 1);
    else if (outOfLine.test(item.name)) far = Number.POSITIVE_INFINITY;
    else if (/^br/.test(item.name)) far = Math.max(far, ...item.targets);
  }
  return far;
}

/** Cuts a function into pieces; `extra` is what an instruction costs on top, `counterAt` the counter at an offset. */
export function piecesOf(
  root: Block,
  extra: (one: Instruction) => number,
  counterAt: (offset: number) => number,
): Piece[] {
  const pieces: Piece[] = [];
  const begin = (offset: number, before: Piece | undefined): Piece => {
    const piece = { counter: counterAt(offset), cost: 0, before };
    pieces.push(piece);
    return piece;
  };
  const pay = (piece: Piece | undefined, one: Instruction): void => {
    if (piece !== undefined) piece.cost += one.cost + extra(one);
  };
  const walk = (block: Block, around: Piece | undefined): Piece | undefined => {
    const { name, end } = block.opening;
    pay(around, block.opening);
    let now = around;
    if (name === 'function' || (name === 'loop' && around !== undefined)) now = begin(end, undefined);
    else if (name === 'if' && around !== undefined) now = begin(end, around);
    for (const { by, items } of block.arms) {
      if (by !== undefined) {
        pay(now, by);
        now = around === undefined ? undefined : begin(by.end, around);
      }
      for (const item of items) {
        if (isBlock(item)) {
          now = walk(item, now);
          continue;
        }
        pay(now, item);
        if (never.test(item.name)) now = undefined;
        else if (/^br_/.test(item.name) && now !== undefined) now = begin(item.end, now);
      }
    }
    pay(now, block.closing);
    if (around === undefined || name === 'function') return undefined;
    return beyond(block) > 0 ? begin(block.closing.end, around) : around;
  };
  walk(root, undefined);
  return pieces;
}

/** Who pays for which pieces by the rule of `chargeRules`: the sum of what each pays. */
export function accountsOf(pieces: readonly Piece[]): Map<Piece, number> {
  const account = new Map<Piece, { payer: Piece; lent: number }>();
  const sums = new Map<Piece, number>();
  for (const piece of pieces) {
    const payer = piece.before === undefined ? piece : account.get(piece.before)!.payer;
    const lent = account.get(payer)?.lent ?? 0;
    const joins =
      payer !== piece && piece.cost <= chargeRules.shortSegment && lent + piece.cost <= chargeRules.conditionalMax;
    if (joins) account.get(payer)!.lent += piece.cost;
    account.set(piece, { payer: joins ? payer : piece, lent: 0 });
    const paying = joins ? payer : piece;
    sums.set(paying, (sums.get(paying) ?? 0) + piece.cost);
  }
  return sums;
}

/** Functions whose reference is taken: outside of code by what a reader finds there, in code by instructions. */
function referencedIn(source: Uint8Array, code: readonly (readonly Instruction[])[]): Set<number> {
  const found: { value: number; start: number }[] = [];
  const func = 1;
  const binary = readBinary(source, wasmLimits);
  readContents(binary, wasmLimits, {
    field: (kind, value, start) => {
      if (kind === func) found.push({ value, start });
    },
  });
  const sections = binary.sections.filter(({ id }) => [4, 6, 9].includes(id));
  const outside = found.filter(({ start }) => sections.some((one) => one.start <= start && start < one.end));
  const inside = code.flat().filter(({ name }) => name === 'ref.func');
  return new Set([...outside.map(({ value }) => value), ...inside.map(({ targets }) => targets[0]!)]);
}

/** What of a function its callers pay, and whether that is all. */
interface Payment {
  readonly byCallers: number;
  readonly isAll: boolean;
}

/** Who pays for each function. */
export function paymentsOf(source: Uint8Array, contents: ModuleContents, code: readonly (readonly Instruction[])[]) {
  const imported = contents.imports.filter(({ type }) => type.kind === 'function').length;
  const exported = new Set(contents.exports.filter(({ kind }) => kind === 'function').map(({ index }) => index));
  if (contents.start !== undefined) exported.add(contents.start);
  const referenced = referencedIn(source, code);
  interface Known extends Payment {
    readonly work: number;
  }
  const none: Known = { byCallers: 0, isAll: false, work: Number.POSITIVE_INFINITY };
  const known = new Map<number, Known>();
  const wild = ({ name, targets }: Instruction): boolean =>
    /^(catch.*|(return_)?call_(indirect|ref))$/.test(name) || (name === 'try_table' && targets.length > 0);
  const pays = (index: number): Known => {
    if (index < imported) return none;
    if (known.has(index)) return known.get(index)!;
    known.set(index, none);
    const own = code[index - imported]!;
    const called: Known[] = [];
    const callee = (one: Instruction): number => {
      if (!isCall(one)) return 0;
      const payment = pays(one.targets[0]!);
      called.push(payment);
      return payment.byCallers;
    };
    const pieces = piecesOf(treeOf(own), callee, () => 0);
    const sum = pieces.reduce((total, { cost }) => total + cost, 0);
    const further = called.reduce((total, { isAll, work }) => total + (isAll ? 0 : work), 0);
    const isWild = own.some(wild) || (exported.has(index) && called.length > 0);
    const work = isWild ? Number.POSITIVE_INFINITY : sum + further;
    const isLeaf =
      called.every(({ isAll }) => isAll) &&
      !own.some(({ name }) => name === 'loop' || bulk.test(name) || /^(return_call|throw|rethrow)/.test(name));
    const isNamed = exported.has(index) || referenced.has(index);
    const entry = accountsOf(pieces).get(pieces[0]!) ?? 0;
    if (isLeaf && work <= chargeRules.leafMax) known.set(index, { byCallers: sum, isAll: true, work });
    else if (work <= chargeRules.uncheckedMax && !isNamed) known.set(index, { byCallers: entry, isAll: false, work });
    else known.set(index, { ...none, work });
    return known.get(index)!;
  };
  return pays;
}
