/**
 * What a run should cost, found without the injector: every straight run of instructions of the plain module gets a counter, the
 * module runs, and a recursive walk over each function's tree of blocks says who pays for which instructions.
 */
import { costOfOpcode } from '../../../artifact/fuel/costs.ts';
import { bulkBytesLog2, chargeRules } from '../../../artifact/fuel/limits.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import type { FunctionBody } from '../../../artifact/wasm/module.ts';
import { opcodeName } from '../../../artifact/wasm/opcodes.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readLocals } from '../../../artifact/wasm/read/code.ts';
import { type ModuleContents, readContents } from '../../../artifact/wasm/read/contents.ts';
import { InstructionCursor } from '../../../artifact/wasm/read/instructions.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import { ByteWriter } from '../../../artifact/wasm/write/bytes.ts';
import { assemble } from './counted-module.ts';

/** One instruction as the walk needs it. */
interface Instruction {
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

const isCall = ({ name }: Instruction): boolean => name === 'call' || name === 'return_call';
const isBlock = (item: Instruction | Block): item is Block => 'arms' in item;
const control = /^(block|loop|if|else|end|try|catch|catch_all|delegate|try_table|br_if|br_on_.*)$/;
const bulk =
  /^(memory\.(init|copy|fill)|table\.(init|copy|fill|grow)|array\.(new|new_default|new_data|new_elem|fill|copy|init_data|init_elem))$/;
const never = /^(br|br_table|return|unreachable|throw|throw_ref|rethrow|return_call.*)$/;
const outOfLine = /^(return|unreachable|throw|throw_ref|rethrow|return_call.*)$/;

function instructionsOf(bytes: Uint8Array, body: FunctionBody): Instruction[] {
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

function treeOf(instructions: readonly Instruction[]): Block {
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
function piecesOf(root: Block, extra: (one: Instruction) => number, counterAt: (offset: number) => number): Piece[] {
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
function accountsOf(pieces: readonly Piece[]): Map<Piece, number> {
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
function paymentsOf(source: Uint8Array, contents: ModuleContents, code: readonly (readonly Instruction[])[]) {
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

/** A module with counters, and what a run of it should cost with fuel. */
export interface Counted {
  readonly bytes: Uint8Array;
  /** What the run of this instance should have cost, and what its functions that pay for themselves executed. */
  cost(exports: WebAssembly.Exports): { readonly fuel: bigint; readonly executed: bigint };
}

/** Puts counters into a module that the injector hasn't seen; nothing of it moves but offsets in its code. */
export function countRuns(source: Uint8Array): Counted {
  const binary = readBinary(source, wasmLimits);
  const contents = readContents(binary, wasmLimits);
  const imported = contents.imports.filter(({ type }) => type.kind === 'function').length;
  const globals = contents.imports.filter(({ type }) => type.kind === 'global').length + contents.globals.length;
  const code = contents.bodies.map((body) => instructionsOf(source, body));
  const wide = [
    ...contents.imports.flatMap(({ type }) => (type.kind === 'memory' ? [type.limits] : [])),
    ...contents.memories,
  ];
  if (wide.some(({ flags }) => flags & 4)) throw new Error('lengths are taken as 32-bit here');
  const counters = new Map<number, number>();
  const lengths = { sum: globals, one: globals + 1 };
  const counterAt = (offset: number): number => {
    const counter = counters.get(offset) ?? globals + 2 + counters.size;
    counters.set(offset, counter);
    return counter;
  };
  const bodies = contents.bodies.map((body, number) => countedBody(source, body, code[number]!, counterAt, lengths));
  const bytes = assemble(source, contents, bodies, counters.size);
  const pays = paymentsOf(source, contents, code);
  const extra = (one: Instruction): number => (isCall(one) ? pays(one.targets[0]!).byCallers : 0);
  return {
    bytes,
    cost(exports) {
      const value = (counter: number): bigint =>
        BigInt((exports[`count ${counter}`] as WebAssembly.Global).value as bigint);
      const fuel = code.reduce((sum, instructions, number) => {
        const { isAll, byCallers } = pays(number + imported);
        if (isAll) return sum;
        const pieces = piecesOf(treeOf(instructions), extra, counterAt);
        const accounts = accountsOf(pieces);
        if (byCallers > 0) accounts.delete(pieces[0]!);
        return [...accounts].reduce((total, [{ counter }, cost]) => total + value(counter) * BigInt(cost), sum);
      }, value(lengths.sum));
      const paying = code.filter((_, number) => !pays(number + imported).isAll);
      return { fuel, executed: executedBy(paying, counters, value) };
    },
  };
}

/** The cost of what surely ran: each straight run as often as it began. */
function executedBy(
  code: readonly (readonly Instruction[])[],
  counters: ReadonlyMap<number, number>,
  value: (counter: number) => bigint,
): bigint {
  let executed = 0n;
  for (const instructions of code) {
    let runs = 0n;
    for (const { name, start, cost } of instructions) {
      const counter = counters.get(start);
      if (counter !== undefined) runs = value(counter);
      executed += runs * BigInt(cost);
      // What stands behind it never runs.
      if (never.test(name)) runs = 0n;
    }
  }
  return executed;
}

function countedBody(
  source: Uint8Array,
  body: FunctionBody,
  instructions: readonly Instruction[],
  counterAt: (offset: number) => number,
  lengths: { readonly sum: number; readonly one: number },
): Uint8Array {
  const writer = new ByteWriter();
  const op = (code: number, index: number): void => {
    writer.byte(code);
    writer.u32(index);
  };
  const count = (counter: number): void => {
    op(0x23, counter);
    writer.raw(Uint8Array.of(0x42, 1, 0x7c));
    op(0x24, counter);
  };
  writer.raw(source.subarray(body.start, instructions[0]!.start));
  count(counterAt(instructions[0]!.start));
  instructions.forEach(({ name, start, end }, at) => {
    if (bulk.test(name)) {
      op(0x24, lengths.one);
      op(0x23, lengths.sum);
      op(0x23, lengths.one);
      writer.byte(0xad);
      if (name.startsWith('memory')) writer.raw(Uint8Array.of(0x42, bulkBytesLog2, 0x88));
      writer.byte(0x7c);
      op(0x24, lengths.sum);
      op(0x23, lengths.one);
    }
    writer.raw(source.subarray(start, end));
    if (control.test(name) && at < instructions.length - 1) count(counterAt(end));
  });
  return writer.contents();
}
