import { wasmLimits } from '../../wasm/limits.ts';
import { readFunctionNames } from '../../wasm/read/names.ts';
import type { Pairing } from './pairing.ts';
import type { Profile } from './profile.ts';

// Bundlers shorten names to one or two letters and hand them out anew in each build: these prove little.
const provingLengthMin = 3;

/** Pairs functions that have the same name in the name section, and are the only ones that do. */
export function pairByNameSection(old: Profile, fresh: Profile, pairing: Pairing): void {
  const inOld = uniqueNames(old);
  for (const [name, g] of uniqueNames(fresh)) {
    const f = inOld.get(name);
    if (f !== undefined && f >= 0 && g >= 0) pairing.pair(f, g);
  }
}

function uniqueNames({ binary, functionCount }: Profile): Map<string, number> {
  const places = new Map<string, number>();
  for (const { index, name } of readFunctionNames(binary, wasmLimits)?.entries ?? []) {
    // Rust ends a name with a hash that changes with the compiler.
    const stable = name.replace(/17h[0-9a-f]{16}E$/, '');
    if (index < functionCount) places.set(stable, places.has(stable) ? -1 : index);
  }
  return places;
}

/** Pairs functions that are imported or exported under the same name; short names only when `anyLength` says so. */
export function pairByName(old: Profile, fresh: Profile, pairing: Pairing, anyLength: boolean): void {
  const lengthMin = anyLength ? 0 : provingLengthMin;
  const inOld = nameKeys(old, lengthMin);
  for (const [key, index] of nameKeys(fresh, lengthMin)) {
    const other = inOld.get(key);
    if (other !== undefined && (!anyLength || old.signatures[other] === fresh.signatures[index])) {
      pairing.pair(other, index);
    }
  }
}

function nameKeys({ contents, importedFunctions }: Profile, lengthMin: number): Map<string, number> {
  const keys = new Map<string, number>();
  let index = 0;
  for (const { module, name, type } of contents.imports) {
    if (type.kind !== 'function') continue;
    if (name.length >= lengthMin) keys.set(`import ${module} ${name}`, index);
    index++;
  }
  for (const { name, kind, index: exported } of contents.exports) {
    if (kind === 'function' && exported >= importedFunctions && name.length >= lengthMin) {
      keys.set(`export ${name}`, exported);
    }
  }
  return keys;
}
