/** How a run of a guest ended, told from what it threw. */
import { ProgramExit } from './wasi/world.ts';

/** How one run ended. */
export type RunEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  /** `stack` holds the guest's functions, innermost first. */
  | { readonly kind: 'trapped'; readonly message: string; readonly stack: readonly string[] }
  /** It is not run at all, nor will it be at the next try. */
  | { readonly kind: 'refused'; readonly message: string }
  /** It used up what it may use. */
  | { readonly kind: 'exhausted'; readonly message: string };

const framesMax = 8;
const frameTextMax = 64;

/** A name that a guest chose, fit to be shown. */
function printable(name: string): string {
  const shown = name.replace(/[^\x20-\x7e]/g, '?');
  return shown.length > frameTextMax ? `${shown.slice(0, frameTextMax - 1)}…` : shown;
}

/** The guest's functions in an error's stack, by the names of its name section. */
export function wasmStack(error: unknown): readonly string[] {
  const text = error instanceof Error ? (error.stack ?? '') : '';
  const frames = text.matchAll(/^\s+at (?:(.+) \()?wasm:\/\/wasm\/[^\s]*wasm-function\[(\d+)\]/gm);
  return [...frames].slice(0, framesMax).map(([, name, index]) => printable(name ?? `function ${index}`));
}

/** What a guest threw that nothing caught, as far as it can be read: its tag and values where the tag is exported. */
function describeException(error: WebAssembly.Exception, exports: WebAssembly.Exports): string {
  for (const [name, tag] of Object.entries(exports)) {
    if (!(tag instanceof WebAssembly.Tag) || !error.is(tag)) continue;
    return `${printable(name)}(${readArguments(error, tag).join(', ')})`;
  }
  return 'of a tag that it does not export';
}

function readArguments(error: WebAssembly.Exception, tag: WebAssembly.Tag): string[] {
  const values: string[] = [];
  try {
    for (let index = 0; index < framesMax; index++) values.push(printable(String(error.getArg(tag, index))));
  } catch {
    // That was the last one: how many there are can't be asked.
  }
  return values;
}

function messageOf(error: unknown, exports: WebAssembly.Exports): string {
  if (error instanceof WebAssembly.Exception) return `it threw an exception, ${describeException(error, exports)}`;
  if (error instanceof WebAssembly.RuntimeError) return `trap: ${error.message}`;
  if (error instanceof RangeError) return 'trap: stack overflow';
  return `trap: ${error instanceof Error ? error.message : String(error)}`;
}

/** What became of a run that threw `error`. */
export function endOf(error: unknown, exports: WebAssembly.Exports): RunEnd {
  if (error instanceof ProgramExit) return { kind: 'exited', exitCode: error.exitCode };
  if (error instanceof WebAssembly.LinkError) return { kind: 'refused', message: error.message };
  return { kind: 'trapped', message: messageOf(error, exports), stack: wasmStack(error) };
}

/** One sentence on an end that was a failure; undefined when it was none. */
export function failureOf(end: RunEnd): string | undefined {
  if (end.kind === 'exited') return end.exitCode === 0 ? undefined : `it exited with code ${end.exitCode}`;
  if (end.kind !== 'trapped' || end.stack.length === 0) return end.message;
  return `${end.message} in ${end.stack.slice(0, 3).join(' < ')}`;
}
