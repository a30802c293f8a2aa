import { fuelContract } from '../../../artifact/fuel/contract.ts';
import type { Guest as Program } from '../wasi/guest.ts';
import { type SystemCall, systemCall } from '../wasi/preview1.ts';
import type { TurnHolder } from './turn-holder.ts';

/** What the instances of one thread import of their host: made once for a module, whoever runs it. */
export class GuestImports {
  readonly #holder: TurnHolder;
  readonly #fuel: Record<string, WebAssembly.ImportValue>;
  readonly #known = new WeakMap<WebAssembly.Module, WebAssembly.Imports>();

  constructor(holder: TurnHolder) {
    this.#holder = holder;
    this.#fuel = { [fuelContract.out]: new WebAssembly.Suspending(() => holder.caller.out()) };
  }

  /** Of a guest's own module. */
  of(module: WebAssembly.Module): WebAssembly.Imports {
    const known = this.#known.get(module);
    if (known !== undefined) return known;
    const made = this.besides(module, undefined);
    this.#known.set(module, made);
    return made;
  }

  /** Of a module that is linked to a guest's own: its calls are those of a program of its own. */
  besides(module: WebAssembly.Module, program: Program | undefined): WebAssembly.Imports {
    const imports: WebAssembly.Imports = { [fuelContract.module]: this.#fuel };
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      const call = systemCall(from, name);
      if (call === undefined) continue;
      imports[from] ??= {};
      imports[from][name] = this.#function(call, program);
    }
    return imports;
  }

  #function(call: SystemCall, program: Program | undefined): WebAssembly.ImportValue {
    const holder = this.#holder;
    const made = (...values: never[]): unknown => holder.caller.systemCall(call, program, values);
    return call.mayWait ? new WebAssembly.Suspending(made) : made;
  }
}
