import { callerModule } from '../../../../artifact/admission/caller-functions.ts';
import { shareCounters } from '../../../../artifact/fuel/counters.ts';
import { injectFuel } from '../../../../artifact/fuel/inject.ts';
import { callerSlots, copiedMemories, writeCopies } from '../../../../artifact/linking/caller-memory.ts';
import { slotsExport } from '../../../../artifact/linking/trampolines.ts';
import type { CompiledModule } from '../compiled-modules.ts';
import { compiledTrampolines, type Trampolines } from './linkage.ts';
import type { Instantiate, LinkedInstance } from './linked-instance.ts';

const pagesMax = 65_536;

interface Compiled {
  readonly between: Trampolines;
  readonly copies: CompiledModule;
}

let compiled: Compiled | undefined;

/** Both are the same for every application: compiled when the first asks for them. */
function compiledOnce(): Compiled {
  if (compiled === undefined) {
    const copies = shareCounters(injectFuel(writeCopies(), { memoryPagesMax: 2 * pagesMax, tableElementsMax: 0 }));
    compiled = {
      between: compiledTrampolines(callerSlots),
      copies: plain(new WebAssembly.Module(copies as Uint8Array<ArrayBuffer>)),
    };
  }
  return compiled;
}

function plain(module: WebAssembly.Module): CompiledModule {
  return { module, traits: { ownProcess: [] } };
}

/** What one instance of a linked module has of the memory of its caller, which is made after it. */
export class CallerAccess {
  readonly #instantiate: Instantiate;
  readonly #slots: WebAssembly.Table;
  /** What it imports. */
  readonly imports: WebAssembly.Imports;

  constructor(instantiate: Instantiate) {
    const { exports } = instantiate(plain(compiledOnce().between.module), {});
    this.#instantiate = instantiate;
    this.#slots = exports[slotsExport] as WebAssembly.Table;
    this.imports = { [callerModule]: exports };
  }

  /** Whether a module asks for it. */
  static isAskedBy({ module }: CompiledModule): boolean {
    return WebAssembly.Module.imports(module).some((one) => one.module === callerModule);
  }

  /** From now on it copies between these two; until then each call traps. */
  open(own: LinkedInstance, caller: LinkedInstance): void {
    const memories = { [copiedMemories.own]: own.memory, [copiedMemories.caller]: caller.memory };
    const imports = Object.entries(memories).map(([from, memory]) => [from, { memory: memory! }]);
    const { exports } = this.#instantiate(compiledOnce().copies, Object.fromEntries(imports));
    for (const [slot, { name }] of callerSlots.entries()) this.#slots.set(slot, exports[name]);
  }
}
