import { createHash } from 'node:crypto';
import type { Disk } from '../../../platform/ports.ts';
import type { HostedApplication } from '../protocol.ts';

/** Why a module can't be run; its message is for people. */
export class UnfitModule extends Error {}

function read(disk: Disk, { modulePath, sha256, length }: HostedApplication): Uint8Array {
  const bytes = disk.stat(modulePath)?.bytes === length ? disk.readFile(modulePath) : undefined;
  if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new UnfitModule(`${modulePath} is not what was deployed`);
  }
  return bytes;
}

/** Modules that are compiled, each once: started again, or run by two applications, it costs nothing more. */
export class CompiledModules {
  readonly #disk: Disk;
  readonly #modules = new Map<string, Promise<WebAssembly.Module>>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Rejects with `UnfitModule` where the bytes are not what was deployed, or do not compile. */
  async module(application: HostedApplication): Promise<WebAssembly.Module> {
    const { sha256 } = application;
    const known = this.#modules.get(sha256);
    if (known !== undefined) return known;
    const compiling = this.#compile(application);
    this.#modules.set(sha256, compiling);
    compiling.catch(() => this.#modules.delete(sha256));
    return compiling;
  }

  /** Lets go of all that these applications do not run. */
  keep(applications: readonly HostedApplication[]): void {
    const kept = new Set(applications.map(({ sha256 }) => sha256));
    for (const sha256 of this.#modules.keys()) if (!kept.has(sha256)) this.#modules.delete(sha256);
  }

  async #compile(application: HostedApplication): Promise<WebAssembly.Module> {
    const bytes = read(this.#disk, application);
    try {
      return await WebAssembly.compile(bytes);
    } catch (error) {
      throw new UnfitModule(`it does not compile: ${(error as Error).message}`);
    }
  }
}
