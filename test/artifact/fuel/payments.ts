/** Who pays for each function of a module, from its calls. */
import { chargeRules } from '../../../artifact/fuel/limits.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { type ModuleContents, readContents } from '../../../artifact/wasm/read/contents.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import { accountsOf, bulk, callsByReference, handles, type Instruction, isCall, piecesOf } from './pieces.ts';

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

/** What leaves a function, or asks for memory, which the host is told of where it is refused. */
const leavesOrAsks = /^(return_call|throw|rethrow|memory\.grow)/;

/** What of a module decides who calls whom. */
interface Calls {
  readonly imported: number;
  readonly code: readonly (readonly Instruction[])[];
  /** Indices of the functions that each calls where it may run, in the order of its code. */
  readonly callees: readonly (readonly number[])[];
  readonly exported: ReadonlySet<number>;
  readonly referenced: ReadonlySet<number>;
  readonly sharesTables: boolean;
}

function callsOf(source: Uint8Array, contents: ModuleContents, code: readonly (readonly Instruction[])[]): Calls {
  const exported = new Set(contents.exports.filter(({ kind }) => kind === 'function').map(({ index }) => index));
  if (contents.start !== undefined) exported.add(contents.start);
  const callees = code.map((instructions) => {
    const found: number[] = [];
    const note = (one: Instruction): number => {
      if (isCall(one)) found.push(one.targets[0]!);
      return 0;
    };
    piecesOf(instructions, note, () => 0);
    return found;
  });
  const isTable = ({ kind }: { readonly kind: string }): boolean => kind === 'table';
  return {
    imported: contents.imports.filter(({ type }) => type.kind === 'function').length,
    ...{ code, callees, exported, referenced: referencedIn(source, code) },
    sharesTables: contents.exports.some(isTable) || contents.imports.some(({ type }) => isTable(type)),
  };
}

/** Functions that count the stack: those that may begin a cycle of calls, and one of every cycle that they leave over. */
function countedIn({ imported, code, callees, exported, referenced, sharesTables }: Calls): Set<number> {
  const reaches = (index: number, holds: (index: number) => boolean, seen = new Set<number>()): boolean => {
    if (holds(index)) return true;
    if (index < imported || seen.has(index)) return false;
    seen.add(index);
    return callees[index - imported]!.some((callee) => reaches(callee, holds, seen));
  };
  const isWild = (index: number): boolean => index >= imported && code[index - imported]!.some(callsByReference);
  const mayReturn = (index: number): boolean =>
    reaches(index, isWild) || (sharesTables && reaches(index, (one) => one < imported));
  const counted = new Set<number>();
  for (const [number, own] of callees.entries()) {
    const index = number + imported;
    const begins = exported.has(index) && (own.length > 0 || isWild(index));
    const comesBack = referenced.has(index) && mayReturn(index);
    if (code[number]!.some(handles) || own.includes(index) || begins || comesBack) counted.add(index);
  }
  const open = new Set<number>();
  const done = new Set<number>();
  const byReference = -1;
  const visit = (index: number): void => {
    open.add(index);
    const called = index === byReference ? [...referenced] : callees[index - imported]!;
    for (const callee of isWild(index) ? [...called, byReference] : called) {
      if (callee >= 0 && callee < imported) continue;
      if (open.has(callee)) counted.add(callee);
      else if (!done.has(callee) && !counted.has(callee)) visit(callee);
    }
    open.delete(index);
    done.add(index);
  };
  for (const index of [...callees.keys()].map((number) => number + imported)) if (!done.has(index)) visit(index);
  return counted;
}

/** What of a function its callers pay, and whether that is all. */
interface Payment {
  readonly byCallers: number;
  readonly isAll: boolean;
}

/** Who pays for each function. */
export function paymentsOf(source: Uint8Array, contents: ModuleContents, code: readonly (readonly Instruction[])[]) {
  const calls = callsOf(source, contents, code);
  const { imported, callees, exported, referenced } = calls;
  const counted = countedIn(calls);
  interface Known extends Payment {
    /** What a call of it does before fuel is looked at, besides what its caller paid. */
    readonly unseen: number;
  }
  const paysAll: Known = { byCallers: 0, isAll: false, unseen: 0 };
  const known = new Map<number, Known>();
  const settle = (index: number): Known => {
    const own = code[index - imported]!;
    const called = callees[index - imported]!;
    const cut = piecesOf(
      own,
      (one) => (isCall(one) ? pays(one.targets[0]!).byCallers : 0),
      () => 0,
    );
    const byReference = own.some(callsByReference) ? Math.max(0, ...[...referenced].map((one) => pays(one).unseen)) : 0;
    const below = called.reduce((sum, callee) => sum + pays(callee).unseen, byReference);
    const unseen = cut.pieces.reduce((sum, { cost }) => sum + cost, below);
    const looks = counted.has(index) || unseen > chargeRules.uncheckedMax;
    const accounts = accountsOf(cut);
    const entry = accounts.get(cut.pieces[0]!)!;
    const isWhole =
      accounts.size === 1 &&
      called.every((callee) => pays(callee).isAll) &&
      !own.some((one) => bulk.test(one.name) || callsByReference(one) || leavesOrAsks.test(one.name));
    const paysItself = looks || exported.has(index) || referenced.has(index);
    if (
      isWhole &&
      !own.some(({ name }) => name === 'loop') &&
      !counted.has(index) &&
      (entry <= chargeRules.leafMax || !paysItself)
    )
      return { byCallers: entry, isAll: true, unseen: looks ? 0 : unseen - entry };
    if (paysItself) return { ...paysAll, unseen: looks ? 0 : unseen };
    return { byCallers: entry, isAll: false, unseen: unseen - entry };
  };
  const pays = (index: number): Known => {
    if (index < imported) return paysAll;
    // What its other callees do matters to nobody, and may call it again.
    if (!known.has(index) && counted.has(index)) known.set(index, paysAll);
    if (!known.has(index)) known.set(index, settle(index));
    return known.get(index)!;
  };
  return pays;
}
