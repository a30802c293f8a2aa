/** The pieces of a function that are paid for as a whole, found by a recursive walk over its tree of blocks. */
import { costOfOpcode } from '../../../artifact/fuel/costs.ts';
import { chargeRules } from '../../../artifact/fuel/limits.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import type { FunctionBody } from '../../../artifact/wasm/module.ts';
import { opcodeName } from '../../../artifact/wasm/opcodes.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readLocals } from '../../../artifact/wasm/read/code.ts';
import { InstructionCursor } from '../../../artifact/wasm/read/instructions.ts';

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

/** A place where a piece begins, or goes on behind a block, with the places from which control comes to it. */
interface Place {
  readonly piece: Piece;
  readonly from: readonly Place[];
}

/** What a function is made of. */
interface Cut {
  readonly pieces: readonly Piece[];
  /** In the order of the code. */
  readonly places: readonly Place[];
  /** Whether an exception may continue in it, from anywhere. */
  readonly handles: boolean;
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

/** Whether an exception may continue there. */
export const handles = ({ name, targets }: Instruction): boolean =>
  name.startsWith('catch') || (name === 'try_table' && targets.length > 0);
/** Whether it calls a function by a reference. */
export const callsByReference = ({ name }: Instruction): boolean => /^(return_)?call_(indirect|ref)$/.test(name);

/** Cuts a function into pieces; `extra` is what an instruction costs on top, `counterAt` the counter at an offset. */
export function piecesOf(
  instructions: readonly Instruction[],
  extra: (one: Instruction) => number,
  counterAt: (offset: number) => number,
): Cut {
  const pieces: Piece[] = [];
  const places: Place[] = [];
  /** By open block, outermost first, from where control comes to its end. */
  const ends: (Place[] | undefined)[] = [];
  const put = (piece: Piece, from: readonly Place[]): Place => {
    places.push({ piece, from });
    return places.at(-1)!;
  };
  const begin = (offset: number, before: Place | undefined, from: readonly Place[]): Place => {
    const piece = { counter: counterAt(offset), cost: 0, before: before?.piece };
    pieces.push(piece);
    return put(piece, from);
  };
  const pay = (place: Place | undefined, one: Instruction): void => {
    if (place !== undefined) place.piece.cost += one.cost + extra(one);
  };
  const plain = (one: Instruction, now: Place | undefined): Place | undefined => {
    pay(now, one);
    if (now === undefined) return undefined;
    if (/^br/.test(one.name)) for (const label of one.targets) ends.at(-1 - label)?.push(now);
    if (never.test(one.name)) return undefined;
    return /^br_/.test(one.name) ? begin(one.end, now, [now]) : now;
  };
  const walk = (block: Block, around: Place | undefined): Place | undefined => {
    const { name, end } = block.opening;
    pay(around, block.opening);
    const own: Place[] = [];
    ends.push(name === 'loop' ? undefined : own);
    let now = around;
    if (name === 'function') now = begin(end, undefined, []);
    else if (name === 'loop' && around !== undefined) now = begin(end, undefined, [around]);
    else if (name === 'if' && around !== undefined) now = begin(end, around, [around]);
    for (const { by, items } of block.arms) {
      if (by !== undefined) {
        pay(now, by);
        if (now !== undefined) own.push(now);
        now = around === undefined ? undefined : begin(by.end, around, [around]);
      }
      for (const item of items) now = isBlock(item) ? walk(item, now) : plain(item, now);
    }
    pay(now, block.closing);
    ends.pop();
    if (around === undefined || name === 'function') return undefined;
    if (now !== undefined) own.push(now);
    if (name === 'if' && block.arms.length === 1) own.push(around);
    return beyond(block) > 0 ? begin(block.closing.end, around, own) : put(around.piece, own);
  };
  walk(treeOf(instructions), undefined);
  return { pieces, places, handles: instructions.some(handles) };
}

/** Who pays for which pieces by the rule of `chargeRules`: what each that pays is charged, on the dearest way. */
export function accountsOf({ places, handles }: Cut): Map<Piece, number> {
  const payers = new Map<Piece, Piece>();
  const most = new Map<Piece, number>();
  const lent = new Map<Place, number>();
  const lentBefore = ({ from }: Place, payer: Piece): number =>
    handles
      ? most.get(payer)!
      : Math.max(0, ...from.map((one) => (payers.get(one.piece) === payer ? lent.get(one)! : most.get(payer)!)));
  for (const place of places) {
    const { piece } = place;
    const known = payers.get(piece);
    const lender = known ?? (piece.before === undefined ? piece : payers.get(piece.before)!);
    const before = lender === piece && known === undefined ? 0 : lentBefore(place, lender);
    const after = before + piece.cost;
    if (known !== undefined) {
      lent.set(place, before);
    } else if (lender !== piece && piece.cost <= chargeRules.shortSegment && after <= chargeRules.conditionalMax) {
      payers.set(piece, lender);
      lent.set(place, after);
      most.set(lender, Math.max(most.get(lender)!, after));
    } else {
      payers.set(piece, piece);
      lent.set(place, 0);
      most.set(piece, 0);
    }
  }
  return new Map([...most].map(([piece, more]) => [piece, piece.cost + more]));
}
