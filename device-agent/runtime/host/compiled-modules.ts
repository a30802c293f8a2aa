import type { Disk } from '../../../platform/ports.ts';
import { type PreparedModule, readPrepared } from '../prepare/prepared-store.ts';

/** Why a module can't be run; its message is for people. */
export class UnfitModule extends Error {}

/** Modules that are compiled, each once: started again, or run by two applications, it costs nothing more. */
export class CompiledModules {
  readonly #disk: Disk;
  readonly #modules = new Map<string, Promise<WebAssembly.Module>>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Compiles beside the thread. Rejects with `UnfitModule` where the bytes rotted or do not compile, or as the disk does. */
  module(prepared: PreparedModule): Promise<WebAssembly.Module> {
    const known = this.#modules.get(prepared.sha256);
    if (known !== undefined) return known;
    const compiling = this.#compile(prepared);
    this.#modules.set(prepared.sha256, compiling);
    compiling.catch(() => this.#modules.delete(prepared.sha256));
    return compiling;
  }

  /** Lets go of all but these. */
  keep(modules: readonly PreparedModule[]): void {
    const kept = new Set(modules.map(({ sha256 }) => sha256));
    for (const sha256 of this.#modules.keys()) if (!kept.has(sha256)) this.#modules.delete(sha256);
  }

  async #compile(prepared: PreparedModule): Promise<WebAssembly.Module> {
    const bytes = readPrepared(this.#disk, prepared);
    if (bytes === undefined) throw new UnfitModule(`${prepared.path} is not what was made ready to run: it rotted`);
    try {
      return await WebAssembly.compile(bytes);
    } catch (error) {
      throw new UnfitModule(`it does not compile: ${(error as Error).message}`);
    }
  }
}
