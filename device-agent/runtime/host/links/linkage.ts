/** What an application's instances are made of where modules are linked to it: compiled once, shared by all its instances. */

import { admissionLimits } from '../../../../artifact/admission/limits.ts';
import { isLinkName } from '../../../../artifact/admission/link-name.ts';
import { shareCounters } from '../../../../artifact/fuel/counters.ts';
import { injectFuel } from '../../../../artifact/fuel/inject.ts';
import type { Imported } from '../../../../artifact/linking/functions.ts';
import { type LinkedFunction, writeTrampolines } from '../../../../artifact/linking/trampolines.ts';
import type { CompiledModule } from '../compiled-modules.ts';

/** What stands between those who import from a link and the module that is linked. */
export interface Trampolines {
  readonly module: WebAssembly.Module;
  /** Names of the functions, slot by slot. */
  readonly functions: readonly string[];
}

/** The modules linked to an application, by the name of their link. */
export interface Linkage {
  readonly providers: ReadonlyMap<string, CompiledModule>;
  readonly trampolines: ReadonlyMap<string, Trampolines>;
}

/** A compiled module, and what it imports. */
export interface Importing {
  readonly compiled: CompiledModule;
  readonly imports: readonly Imported[];
}

/** Puts the linked modules together for `own`, the application's own; what is not linked is left out, and does not instantiate. */
export function linkageOf(own: Importing, links: ReadonlyMap<string, Importing>): Linkage {
  const imports = [own, ...links.values()].flatMap((one) => one.imports.filter(({ module }) => isLinkName(module)));
  const wanted = Map.groupBy(imports, ({ module }) => module);
  const asked = [...links.keys()].map((link) => [link, trampolinesFor(wanted.get(link) ?? [])] as const);
  return {
    providers: new Map([...links].map(([link, { compiled }]) => [link, compiled])),
    trampolines: new Map(asked),
  };
}

/** Whether the modules linked now can give place to those of `next` while what imports from them stays. */
export function isSwappable(now: Linkage, next: Linkage): boolean {
  const names = ({ trampolines }: Linkage) =>
    JSON.stringify([...trampolines].map(([link, { functions }]) => [link, functions]).sort());
  return names(now) === names(next);
}

function trampolinesFor(imports: readonly Imported[]): Trampolines {
  // What several modules import is one slot; with another signature it is refused when they are instantiated.
  const functions = new Map<string, LinkedFunction>();
  for (const { name, signature } of imports) {
    if (signature !== undefined && !functions.has(name)) functions.set(name, { name, ...signature });
  }
  const names = [...functions.keys()].sort();
  return compiledTrampolines(names.map((name) => functions.get(name)!));
}

/** Stands between these functions and what fulfils them. */
export function compiledTrampolines(functions: readonly LinkedFunction[]): Trampolines {
  const { tableElementsMax } = admissionLimits;
  const metered = injectFuel(writeTrampolines(functions), { memoryPagesMax: 0, tableElementsMax });
  const shared = shareCounters(metered) as Uint8Array<ArrayBuffer>;
  return { module: new WebAssembly.Module(shared), functions: functions.map(({ name }) => name) };
}
