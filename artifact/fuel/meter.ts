import type { WasmLimits } from '../wasm/limits.ts';
import type { Export } from '../wasm/module.ts';
import type { ModuleContents } from '../wasm/read/contents.ts';
import type { BodyShape } from './body-shape.ts';
import { type FunctionMetering, meterFunctions } from './call-graph.ts';
import { EditLog } from './edit-log.ts';
import { FuelError } from './error.ts';
import { frameProblem } from './frame.ts';
import { bodyScanner } from './scan.ts';
import type { Signatures } from './signatures.ts';

/** A function with all that the meter will do in it. */
export interface MeteredFunction {
  readonly shape: BodyShape;
  readonly metering: FunctionMetering;
}

/** What of a module decides how its functions are metered. */
export interface MeteredModule {
  readonly bytes: Uint8Array;
  readonly contents: ModuleContents;
  readonly signatures: Signatures;
  /** Functions whose reference is taken outside of bodies. */
  readonly references: readonly number[];
}

/** A module's functions with their meters, and the bytes of stack that are kept for what runs without counting it. */
export interface Metered {
  readonly functions: readonly MeteredFunction[];
  readonly reserve: number;
  readonly log: EditLog;
}

/** Decides for each function of a module what it is charged and where. */
export function meterModule(module: MeteredModule, limits: WasmLimits): Metered {
  const { contents, signatures } = module;
  const imported = signatures.ofFunction.length - contents.functions.length;
  const log = new EditLog();
  const scan = bodyScanner(module.bytes, signatures, limits, log);
  const shapes = contents.bodies.map((body, number) => {
    const shape = scan(body, contents.functions[number]!);
    const problem = frameProblem(number + imported, shape.frameBytes);
    if (problem !== undefined) throw new FuelError('frame-above-limit', problem);
    return shape;
  });
  const { functions, reserve } = meterFunctions({
    shapes,
    imported,
    entries: definedAmong(entriesOf(contents), signatures, imported),
    referenced: definedAmong(
      [...module.references, ...shapes.flatMap(({ references }) => references)],
      signatures,
      imported,
    ),
    sharesTables: sharesTables(contents),
  });
  for (const shape of shapes) observeCalls(shape, functions, imported);
  return {
    functions: functions.map((metering, number) => ({ shape: shapes[number]!, metering })),
    reserve,
    log,
  };
}

function entriesOf({ exports, start }: ModuleContents): number[] {
  return [
    ...exports.filter(({ kind }) => kind === 'function').map(({ index }) => index),
    ...(start === undefined ? [] : [start]),
  ];
}

/** Without what names no function at all: what V8 refuses is not looked for. */
function definedAmong(indices: Iterable<number>, { ofFunction }: Signatures, imported: number): Set<number> {
  const defined = new Set<number>();
  for (const index of indices) if (index >= imported && index < ofFunction.length) defined.add(index - imported);
  return defined;
}

function sharesTables({ imports, exports }: ModuleContents): boolean {
  const isTable = ({ kind }: Pick<Export, 'kind'>): boolean => kind === 'table';
  return exports.some(isTable) || imports.some(({ type }) => isTable(type));
}

/** Whoever calls what has to do with fuel may see it. */
function observeCalls(
  { calls, constructs }: BodyShape,
  functions: readonly FunctionMetering[],
  imported: number,
): void {
  calls.callee.forEach((callee, call) => {
    if (functions[callee - imported]?.pays !== 'nothing') constructs.observers[calls.construct[call]!]!++;
  });
}
