import { signaturesOf } from '../fuel/signatures.ts';
import { wasmLimits } from '../wasm/limits.ts';
import type { CompositeType, ValueType } from '../wasm/module.ts';
import { type ModuleContents, readContents } from '../wasm/read/contents.ts';
import { readBinary } from '../wasm/read/module.ts';
import type { LinkedFunction } from './trampolines.ts';

type Signature = Omit<Extract<CompositeType, { kind: 'function' }>, 'kind'>;

/** Whether one module exports what another imports from it. */
export type LinkVerdict =
  | { readonly kind: 'fits'; readonly functions: readonly LinkedFunction[] }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

const names: Readonly<Record<number, string>> = { 127: 'i32', 126: 'i64', 125: 'f32', 124: 'f64' };
const problemsMax = 12;
const lettersShown = 80;
// Names come from strangers and are shown on terminals.
const cut = (name: string): string => name.slice(0, lettersShown).replaceAll(/\p{C}/gu, '·');

/**
 * Judges the link `link` of two core modules: every function that `consumer` imports from that name must be one that `provider`
 * exports under its own, with the same numbers in and out. Throws a WasmError where either is no module.
 */
export function judgeLink(link: string, consumer: Uint8Array, provider: Uint8Array): LinkVerdict {
  const wanted = importedFunctions(link, contentsOf(consumer));
  const offered = exportedFunctions(contentsOf(provider));
  const problems = wanted.flatMap((one) => problemOf(link, one, offered) ?? []);
  if (wanted.length === 0) problems.push(`it imports nothing from ${cut(link)}`);
  if (problems.length > 0) return { kind: 'refused', problems: problems.slice(0, problemsMax) };
  // Twice the same import is one slot.
  const functions = [...new Map(wanted.map((one) => [one.name, one])).values()];
  return { kind: 'fits', functions: functions.map(({ name, params, results }) => ({ name, params, results })) };
}

interface Imported extends LinkedFunction {
  readonly isFunction: boolean;
}

function contentsOf(bytes: Uint8Array): ModuleContents {
  return readContents(readBinary(bytes, wasmLimits), wasmLimits);
}

function signatureOf({ types }: ModuleContents): (type: number | undefined) => Signature {
  const composites = types.flatMap((group) => group.types.map(({ composite }) => composite));
  return (type) => {
    const composite = type === undefined ? undefined : composites[type];
    return composite?.kind === 'function' ? composite : { params: [], results: [] };
  };
}

function importedFunctions(link: string, contents: ModuleContents): readonly Imported[] {
  const typed = signatureOf(contents);
  return contents.imports
    .filter(({ module }) => module === link)
    .map(({ name, type }) => {
      const isFunction = type.kind === 'function';
      const { params, results } = typed(isFunction ? type.type : undefined);
      return { name, isFunction, params, results };
    });
}

function exportedFunctions(contents: ModuleContents): ReadonlyMap<string, Signature> {
  const typed = signatureOf(contents);
  const { ofFunction } = signaturesOf(contents);
  const functions = contents.exports.filter(({ kind }) => kind === 'function');
  return new Map(functions.map(({ name, index }) => [name, typed(ofFunction[index])]));
}

function problemOf(link: string, wanted: Imported, offered: ReadonlyMap<string, Signature>): string | undefined {
  const title = `${cut(link)}.${cut(wanted.name)}`;
  if (!wanted.isFunction) return `it imports ${title}, which is no function; only functions are linked`;
  const found = offered.get(wanted.name);
  if (found === undefined) return `it imports ${title}, which the module linked as ${cut(link)} does not export`;
  const isNumber = ({ code }: ValueType): boolean => names[code] !== undefined;
  if (![...wanted.params, ...wanted.results].every(isNumber))
    return `it imports ${title} as ${shown(wanted)}; a link passes numbers only`;
  if (shown(wanted) === shown(found)) return undefined;
  return `it imports ${title} as ${shown(wanted)}; the module linked as ${cut(link)} has ${shown(found)}`;
}

/** A signature for people: `(i32, i64) -> (i32)`. */
function shown({ params, results }: Signature): string {
  const list = (types: readonly ValueType[]): string => types.map(({ code }) => names[code] ?? 'no number').join(', ');
  return `(${list(params)}) -> (${list(results)})`;
}
