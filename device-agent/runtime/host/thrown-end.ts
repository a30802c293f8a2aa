/** How a run of a guest ended, told from what it threw. */
import { sourceFunction } from '../../../artifact/fuel/source-index.ts';
import type { RunEnd } from '../run-end.ts';
import { thrownText } from '../wasi/thrown.ts';

const framesMax = 8;
const frameTextMax = 64;

/** A name that a guest chose, fit to be shown. */
function printable(name: string): string {
  const shown = name.replace(/[^\x20-\x7e]/g, '?');
  return shown.length > frameTextMax ? `${shown.slice(0, frameTextMax - 1)}…` : shown;
}

/**
 * The guest's functions in an error's stack, by the names of its name section or else by their numbers in the module as it
 * was released; `imported` is how many functions that one imports.
 */
export function wasmStack(error: unknown, imported: number): readonly string[] {
  const text = error instanceof Error ? (error.stack ?? '') : '';
  const frames = text.matchAll(/^\s+at (?:(.+) \()?wasm:\/\/wasm\/[^\s]*wasm-function\[(\d+)\]/gm);
  const shown = [...frames].flatMap(([, name, index]) => {
    const source = sourceFunction(Number(index), imported);
    return source === undefined ? [] : [printable(name ?? `function ${source}`)];
  });
  return shown.slice(0, framesMax);
}

/** What became of a run that threw `error`, of a module with so many imported functions. */
export function endOf(error: unknown, exports: WebAssembly.Exports, imported: number): RunEnd {
  if (error instanceof WebAssembly.LinkError) return { kind: 'refused', message: error.message };
  return { kind: 'trapped', message: thrownText(error, exports), stack: wasmStack(error, imported) };
}

/** With less than this part of its memory left, a program that trapped ran out of it. */
const spareMemory = 1 / 16;

/** A program that grew and trapped with hardly any memory left has run out of it. */
export function withMemory(
  end: RunEnd,
  memory: { readonly bytes: number; readonly bytesAtStart: number; readonly memoryBytesMax: number },
): RunEnd {
  const { bytes, bytesAtStart, memoryBytesMax: max } = memory;
  if (end.kind !== 'trapped' || bytes === bytesAtStart || bytes < max * (1 - spareMemory)) return end;
  return { ...end, message: `out of memory, at its limit of ${max / 2 ** 20} MiB: ${end.message}` };
}

/** Functions that a metered module imports, but for the meter's. */
export function imported(module: WebAssembly.Module): number {
  return WebAssembly.Module.imports(module).filter(({ kind }) => kind === 'function').length - 1;
}
