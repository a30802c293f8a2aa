import { shownName } from '../admission/shown-name.ts';
import type { ValueType } from '../wasm/module.ts';
import { exportedFunctions, type Imported, importsOf, type Signature } from './functions.ts';

const names: Readonly<Record<number, string>> = { 127: 'i32', 126: 'i64', 125: 'f32', 124: 'f64' };
const problemsMax = 12;

/**
 * What speaks against the link `link` of two core modules: every function that `consumer` imports from that name must be one
 * that `provider` exports under its own, with the same numbers in and out. Throws a WasmError where either is no module.
 */
export function linkProblems(link: string, consumer: Uint8Array, provider: Uint8Array): readonly string[] {
  const wanted = importsOf(consumer).filter(({ module }) => module === link);
  const offered = exportedFunctions(provider);
  return wanted.flatMap((one) => problemOf(link, one, offered) ?? []).slice(0, problemsMax);
}

function problemOf(
  link: string,
  { name, signature }: Imported,
  offered: ReadonlyMap<string, Signature>,
): string | undefined {
  const title = `${shownName(link)}.${shownName(name)}`;
  if (signature === undefined) return `it imports ${title}, which is no function; only functions are linked`;
  const found = offered.get(name);
  if (found === undefined) return `it imports ${title}, which the module linked as ${shownName(link)} does not export`;
  const isNumber = ({ code }: ValueType): boolean => names[code] !== undefined;
  if (![...signature.params, ...signature.results].every(isNumber))
    return `it imports ${title} as ${shown(signature)}; a link passes numbers only`;
  if (shown(signature) === shown(found)) return undefined;
  return `it imports ${title} as ${shown(signature)}; the module linked as ${shownName(link)} has ${shown(found)}`;
}

/** A signature for people: `(i32, i64) -> (i32)`. */
function shown({ params, results }: Signature): string {
  const list = (types: readonly ValueType[]): string => types.map(({ code }) => names[code] ?? 'no number').join(', ');
  return `(${list(params)}) -> (${list(results)})`;
}
