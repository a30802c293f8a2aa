/** The pieces of a function that are paid for as a whole, found by a recursive walk over its tree of blocks. */
import { costOfOpcode } from '../../../artifact/fuel/costs.ts';
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
export interface Piece {
  readonly counter: number;
  cost: number;
  readonly before: Piece | undefined;
  /** The loop that begins with it. */
  readonly loop: Loop | undefined;
}

/** A loop: where control comes from, what is in it, and how it comes back to its start. */
export interface Loop {
  readonly before: Place;
  readonly pieces: Piece[];
  readonly backEdges: BackEdge[];
  /** Whether nothing goes back but by a branch to it alone. */
  goesBackAlone: boolean;
}

/** A branch back to the start of a loop. */
export interface BackEdge {
  readonly loop: Loop;
  readonly from: Place;
  /** Counts how often the code up to it ran, and how often the code behind it. */
  readonly before: number;
  readonly after: number | undefined;
}

/** A place where a piece begins, or goes on behind a block, with the places from which control comes to it. */
export interface Place {
  readonly piece: Piece;
  readonly from: readonly Place[];
}

/** What a function is made of. */
export interface Cut {
  readonly pieces: readonly Piece[];
  /** In the order of the code. */
  readonly places: readonly Place[];
  readonly backEdges: readonly BackEdge[];
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
    if (name === 'loop' && values[0]! >= 0) throw new Error('loops are taken to have no parameters here');
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
  const cutter = new Cutter(extra, counterAt, instructions.some(handles));
  cutter.walk(treeOf(instructions), undefined);
  return cutter.cut;
}

class Cutter {
  readonly cut: { pieces: Piece[]; places: Place[]; backEdges: BackEdge[]; handles: boolean };
  readonly #extra: (one: Instruction) => number;
  readonly #counterAt: (offset: number) => number;
  /** By open block, outermost first, from where control comes to its end; the loop, where it is one. */
  readonly #open: { readonly ends: Place[]; readonly loop: Loop | undefined }[] = [];
  /** Counts the straight run of code that the walk is in. */
  #run = 0;

  constructor(extra: (one: Instruction) => number, counterAt: (offset: number) => number, handlesSome: boolean) {
    this.#extra = extra;
    this.#counterAt = counterAt;
    this.cut = { pieces: [], places: [], backEdges: [], handles: handlesSome };
  }

  walk(block: Block, around: Place | undefined): Place | undefined {
    const { name, end } = block.opening;
    this.#pay(around, block.opening);
    this.#run = this.#counterAt(end);
    const isLoop = name === 'loop' && around !== undefined;
    const loop = isLoop ? { before: around, pieces: [], backEdges: [], goesBackAlone: true } : undefined;
    const own: Place[] = [];
    this.#open.push({ ends: own, loop });
    let now = around;
    if (name === 'function') now = this.#begin(end, undefined, []);
    else if (loop !== undefined) now = this.#begin(end, undefined, [loop.before], loop);
    else if (name === 'if' && around !== undefined) now = this.#begin(end, around, [around]);
    for (const { by, items } of block.arms) {
      if (by !== undefined) {
        this.#pay(now, by);
        this.#run = this.#counterAt(by.end);
        if (now !== undefined) own.push(now);
        now = around === undefined ? undefined : this.#begin(by.end, around, [around]);
      }
      for (const item of items) now = isBlock(item) ? this.walk(item, now) : this.#plain(item, now);
    }
    this.#pay(now, block.closing);
    this.#open.pop();
    if (name === 'function') return undefined;
    this.#run = this.#counterAt(block.closing.end);
    if (around === undefined) return undefined;
    if (now !== undefined) own.push(now);
    if (name === 'if' && block.arms.length === 1) own.push(around);
    return beyond(block) > 0 ? this.#begin(block.closing.end, around, own) : this.#put(around.piece, own);
  }

  #plain(one: Instruction, now: Place | undefined): Place | undefined {
    this.#pay(now, one);
    const before = this.#run;
    const isBranch = /^br/.test(one.name);
    const goesOn = isBranch && !never.test(one.name);
    if (goesOn) this.#run = this.#counterAt(one.end);
    if (now === undefined) return undefined;
    for (const label of isBranch ? one.targets : []) {
      const { ends, loop } = this.#open.at(-1 - label)!;
      if (loop === undefined) ends.push(now);
      else if (!/^br(_if)?$/.test(one.name)) loop.goesBackAlone = false;
      else this.#goBack({ loop, from: now, before, after: goesOn ? this.#run : undefined });
    }
    if (never.test(one.name)) return undefined;
    return goesOn ? this.#begin(one.end, now, [now]) : now;
  }

  #goBack(edge: BackEdge): void {
    edge.loop.backEdges.push(edge);
    this.cut.backEdges.push(edge);
  }

  #put(piece: Piece, from: readonly Place[]): Place {
    this.cut.places.push({ piece, from });
    return this.cut.places.at(-1)!;
  }

  #begin(offset: number, before: Place | undefined, from: readonly Place[], loop?: Loop): Place {
    const piece = { counter: this.#counterAt(offset), cost: 0, before: before?.piece, loop };
    this.cut.pieces.push(piece);
    for (const { loop: around } of this.#open) around?.pieces.push(piece);
    return this.#put(piece, from);
  }

  #pay(place: Place | undefined, one: Instruction): void {
    if (place !== undefined) place.piece.cost += one.cost + this.#extra(one);
  }
}
