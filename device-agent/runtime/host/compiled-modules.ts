import { createHash } from 'node:crypto';
import type { Disk } from '../../../platform/ports.ts';
import { memoryPagesMax } from '../limits.ts';
import { prepareModule } from '../prepare/prepare-module.ts';
import { readPrepared, type Traits } from '../prepare/prepared-store.ts';
import type { HostedApplication } from '../protocol.ts';

/** Why a module can't be run; its message is for people. */
export class UnfitModule extends Error {}

/** A module that can be instantiated. */
export interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly traits: Traits;
}

/** The application's module made ready here, where the disk could not take it: whatever the disk does, what is deployed runs. */
function prepareHere(
  disk: Disk,
  application: HostedApplication,
): { readonly bytes: Uint8Array; readonly traits: Traits } {
  const { modulePath, sha256 } = application;
  const source = disk.readFile(modulePath);
  if (createHash('sha256').update(source).digest('hex') !== sha256) {
    throw new UnfitModule(`${modulePath} is not what was deployed`);
  }
  const preparation = prepareModule(source, memoryPagesMax(application));
  if (preparation.kind === 'refused') throw new UnfitModule(preparation.message);
  return { bytes: preparation.module, traits: preparation.traits };
}

function read(disk: Disk, application: HostedApplication): { readonly bytes: Uint8Array; readonly traits: Traits } {
  const { prepared } = application;
  if (prepared === undefined) return prepareHere(disk, application);
  const bytes = readPrepared(disk, prepared);
  if (bytes === undefined) throw new UnfitModule(`${prepared.path} is not what was made ready to run: it rotted`);
  return { bytes, traits: prepared.traits };
}

/** Modules that are the same, compiled. */
function keyOf({ prepared, sha256 }: HostedApplication): string {
  return prepared?.sha256 ?? sha256;
}

/** Modules that are compiled, each once: started again, or run by two applications, it costs nothing more. */
export class CompiledModules {
  readonly #disk: Disk;
  readonly #modules = new Map<string, Promise<CompiledModule>>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Compiles beside the thread. Rejects with `UnfitModule` where the bytes rotted or do not compile, or as the disk does. */
  module(application: HostedApplication): Promise<CompiledModule> {
    const key = keyOf(application);
    const known = this.#modules.get(key);
    if (known !== undefined) return known;
    const compiling = this.#compile(application);
    this.#modules.set(key, compiling);
    compiling.catch(() => this.#modules.delete(key));
    return compiling;
  }

  /** Lets go of all but those of these applications. */
  keep(applications: readonly HostedApplication[]): void {
    const kept = new Set(applications.map(keyOf));
    for (const key of this.#modules.keys()) if (!kept.has(key)) this.#modules.delete(key);
  }

  async #compile(application: HostedApplication): Promise<CompiledModule> {
    const { bytes, traits } = read(this.#disk, application);
    try {
      return { module: await WebAssembly.compile(bytes), traits };
    } catch (error) {
      throw new UnfitModule(`it does not compile: ${(error as Error).message}`);
    }
  }
}
