/**
 * What a run should cost, found without the injector: every straight run of instructions of the plain module gets a counter, the
 * module runs, and the walk says who pays for which instructions.
 */
import { bulkBytesLog2 } from '../../../artifact/fuel/limits.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import type { FunctionBody } from '../../../artifact/wasm/module.ts';
import { readContents } from '../../../artifact/wasm/read/contents.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import { ByteWriter } from '../../../artifact/wasm/write/bytes.ts';
import { assemble } from './counted-module.ts';
import { paymentsOf } from './payments.ts';
import { accountsOf, bulk, type Instruction, instructionsOf, isCall, never, piecesOf } from './pieces.ts';

const control = /^(block|loop|if|else|end|try|catch|catch_all|delegate|try_table|br_if|br_on_.*)$/;

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
        const cut = piecesOf(instructions, extra, counterAt);
        const accounts = accountsOf(cut);
        if (byCallers > 0) accounts.delete(cut.pieces[0]!);
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
