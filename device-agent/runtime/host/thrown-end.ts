/** How a run of a guest ended, told from what it threw. */
import { sourceFunction } from '../../../artifact/fuel/source-index.ts';
import { printable } from '../../../platform/printable.ts';
import type { RunEnd } from '../run-end.ts';
import { thrownText } from '../wasi/thrown.ts';
import type { CompiledApplication } from './compiled-modules.ts';

const framesMax = 8;
const frameTextMax = 64;

/** A name that a guest chose, fit to be shown. */
function shown(name: string): string {
  return printable(name.length > frameTextMax ? `${name.slice(0, frameTextMax - 1)}…` : name);
}

/** The frames of an error as the engine has them: in its text they can't be told apart from what a guest calls its functions. */
function framesOf(error: unknown): readonly NodeJS.CallSite[] {
  if (!(error instanceof Error)) return [];
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = (_, frames) => frames;
    const frames: unknown = error.stack;
    return Array.isArray(frames) ? frames : [];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

/** The number of the function that a frame is in; undefined where that is no guest's. */
function functionOf(frame: NodeJS.CallSite): number | undefined {
  if (frame.getFileName()?.startsWith('wasm://') !== true) return undefined;
  // The engine says it nowhere else; what a guest chose stands before it.
  const [, index] = /wasm-function\[(\d+)\]:0x[0-9a-f]+\)?$/.exec(frame.toString().slice(-frameTextMax)) ?? [];
  return index === undefined ? undefined : Number(index);
}

/**
 * The guest's functions in an error's stack, by the names of its name section or else by their numbers in the module as it
 * was released. `imported` is how many functions that one imports; undefined where several modules are linked, whose numbers
 * nothing tells apart: then those with names.
 */
export function wasmStack(error: unknown, imported: number | undefined): readonly string[] {
  const told = framesOf(error).flatMap((frame) => {
    const index = functionOf(frame);
    const name = frame.getFunctionName() ?? undefined;
    if (index === undefined) return [];
    if (imported === undefined) return name === undefined ? [] : [shown(name)];
    const source = sourceFunction(index, imported);
    return source === undefined ? [] : [shown(name ?? `function ${source}`)];
  });
  return told.slice(0, framesMax);
}

/** What became of a run that threw `error`, of a module with so many imported functions. */
export function endOf(error: unknown, exports: WebAssembly.Exports, imported: number | undefined): RunEnd {
  if (error instanceof WebAssembly.LinkError) return { kind: 'refused', message: printable(error.message) };
  return { kind: 'trapped', message: thrownText(error, exports), stack: wasmStack(error, imported) };
}

/** The end of a program that would have grown and trapped at the limit of its memory. */
export function atMemoryLimit(end: RunEnd, memoryBytesMax: number): RunEnd {
  if (end.kind !== 'trapped') return end;
  const message = `out of memory, at its limit of ${memoryBytesMax / 2 ** 20} MiB: ${end.message}`;
  return { ...end, message, isOutOfMemory: true };
}

/** Functions that an application's one module imports, but for the meter's; undefined where others are linked to it. */
export function importedFunctions({ module, linkage }: CompiledApplication): number | undefined {
  if (linkage !== undefined) return undefined;
  return WebAssembly.Module.imports(module).filter(({ kind }) => kind === 'function').length - 1;
}
