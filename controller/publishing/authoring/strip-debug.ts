/** What of a module only people read who look for a fault: it is taken off before the module travels, and the names are kept at home. */
import { customSections, withoutSections } from '../../../artifact/wasm/custom-sections.ts';
import { WasmError } from '../../../artifact/wasm/error.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import { readFunctionNames } from '../../../artifact/wasm/read/names.ts';

/** What is to stay: all of it; the names, by which alone devices tell the functions of linked modules apart; nothing. */
export type KeptDebug = 'all' | 'names' | 'nothing';

/** A sort of debug information, and how many bytes of the file it takes. */
export interface DebugPart {
  readonly what: 'names' | 'DWARF' | 'producers' | 'SBOM' | 'source maps';
  readonly bytes: number;
}

/** The name of each function by its number in the module. */
export type FunctionSymbols = ReadonlyMap<number, string>;

/** A module as it is released. */
export interface StrippedModule {
  readonly bytes: Uint8Array;
  readonly taken: readonly DebugPart[];
  /** What travels with it all the same. */
  readonly left: readonly DebugPart[];
  /** Of a module whose names were taken off. */
  readonly symbols?: FunctionSymbols;
}

const kinds: readonly (readonly [DebugPart['what'], RegExp])[] = [
  ['names', /^name$/],
  ['DWARF', /^\.debug_/],
  ['producers', /^producers$/],
  ['SBOM', /^sbom$/],
  ['source maps', /^(?:sourceMappingURL|external_debug_info)$/],
];

/** Sums by kind, those with most bytes first. */
function summed(parts: readonly DebugPart[]): DebugPart[] {
  return Array.from(
    Map.groupBy(parts, ({ what }) => what),
    ([what, all]) => ({
      what,
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    }),
  ).sort((one, other) => other.bytes - one.bytes);
}

/** Bytes that are no module come back as they are: whoever judges the release says why. */
export function stripDebug(bytes: Uint8Array, kept: KeptDebug): StrippedModule {
  try {
    return strip(bytes, kept);
  } catch (error) {
    if (error instanceof WasmError) return { bytes, taken: [], left: [] };
    throw error;
  }
}

function strip(bytes: Uint8Array, kept: KeptDebug): StrippedModule {
  const binary = readBinary(bytes, wasmLimits);
  const debug = customSections(binary).flatMap(({ section, name }) => {
    const what = kinds.find(([, pattern]) => pattern.test(name))?.[0];
    return what === undefined ? [] : [{ section, what, bytes: section.end - section.start }];
  });
  const stays = ({ what }: { readonly what: string }): boolean =>
    kept === 'all' || (kept === 'names' && what === 'names');
  const off = debug.filter((part) => !stays(part));
  const names = off.some(({ what }) => what === 'names') ? readFunctionNames(binary, wasmLimits) : undefined;
  return {
    bytes: off.length === 0 ? bytes : withoutSections(binary, new Set(off.map(({ section }) => section))),
    ...{ taken: summed(off), left: summed(debug.filter(stays)) },
    ...(names === undefined ? {} : { symbols: new Map(names.entries.map(({ index, name }) => [index, name])) }),
  };
}
