import { shareCounters } from '../../../artifact/fuel/counters.ts';
import { importsOf } from '../../../artifact/linking/functions.ts';
import { UncapturableState } from '../../../artifact/snapshot/show-state.ts';
import type { Disk } from '../../../platform/ports.ts';
import { memoryPagesMax } from '../../../schemas/memory-limit.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { readPrepared, type Traits } from '../prepare/prepared-store.ts';
import type { HostedApplication } from '../protocol.ts';
import { hasKeptState } from '../snapshot/kept-state.ts';
import { type Carriable, carriable } from '../snapshot/quiet-instance.ts';
import { type Importing, type Linkage, linkageOf } from './links/linkage.ts';

/** Why a module can't be run; its message is for people. */
export class UnfitModule extends Error {}

/** How the state of a module's instances is carried over, or why it can't be. */
export type CarriedState =
  | { readonly kind: 'carriable'; readonly carriable: Carriable }
  | { readonly kind: 'uncapturable'; readonly reason: string };

/** A module that can be instantiated. */
export interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly traits: Traits;
  /** Where the application's state is to be kept. */
  readonly state?: CarriedState;
}

/** The modules of an application that can be instantiated. */
export interface CompiledApplication extends CompiledModule {
  readonly linkage?: Linkage;
}

/** A module of an application. */
interface Part extends Pick<HostedApplication, 'modulePath' | 'sha256' | 'prepared' | 'limits'> {
  readonly isLinked: boolean;
  /** Whether the state of its instances is to be carried over. */
  readonly isCarried: boolean;
}

/** A module as it is run, and what must be known of it. */
interface Ready {
  readonly bytes: Uint8Array;
  readonly traits: Traits;
}

/**
 * The module made ready here, where the disk could not take it: whatever the disk does, what is deployed runs. What that takes is
 * loaded only then.
 */
async function prepareHere(disk: Disk, part: Part): Promise<Ready> {
  const { modulePath, sha256, isLinked } = part;
  const source = disk.readFile(modulePath);
  if (sha256Hex(source) !== sha256) {
    throw new UnfitModule(`${modulePath} is not what was deployed`);
  }
  const { prepareModule } = await import('../prepare/prepare-module.ts');
  const preparation = prepareModule(source, memoryPagesMax(part), isLinked);
  if (preparation.kind === 'refused') throw new UnfitModule(preparation.message);
  return { bytes: preparation.module, traits: preparation.traits };
}

async function read(disk: Disk, part: Part, pause: () => Promise<void>): Promise<Ready> {
  const { prepared } = part;
  if (prepared === undefined) return prepareHere(disk, part);
  const bytes = await readPrepared(disk, prepared, pause);
  if (bytes === undefined) throw new UnfitModule(`${prepared.path} is not what was made ready to run: it rotted`);
  return { bytes, traits: prepared.traits };
}

/** Of what a module that is ready to run keeps in its instances. */
function carriedState(disk: Disk, part: Part, ready: Uint8Array): CarriedState {
  try {
    return { kind: 'carriable', carriable: carriable(disk.readFile(part.modulePath), ready, memoryPagesMax(part)) };
  } catch (error) {
    if (!(error instanceof UncapturableState)) throw error;
    return { kind: 'uncapturable', reason: error.message };
  }
}

/** Modules that are the same, compiled. */
function keyOf({ prepared, sha256, isLinked, isCarried }: Part): string {
  return `${prepared?.sha256 ?? sha256}${isLinked ? ' linked' : ''}${isCarried ? ' carried' : ''}`;
}

/** The modules of an application, its own under an empty name. */
function partsOf(application: HostedApplication): ReadonlyMap<string, Part> {
  const { links = {}, limits } = application;
  const terms = { isLinked: application.links !== undefined, ...(limits === undefined ? {} : { limits }) };
  const parts = new Map<string, Part>([['', { ...application, ...terms, isCarried: hasKeptState(application) }]]);
  for (const [link, module] of Object.entries(links)) parts.set(link, { ...module, ...terms, isCarried: false });
  return parts;
}

/** Modules that are compiled, each once: started again, or run by two applications, it costs nothing more. */
export class CompiledModules {
  readonly #disk: Disk;
  readonly #pause: () => Promise<void>;
  readonly #modules = new Map<string, Promise<Importing>>();
  /** So that an instance for an event asks once. */
  readonly #applications = new WeakMap<HostedApplication, Promise<CompiledApplication>>();

  /** `pause` lets others run amid reading a large one. */
  constructor(disk: Disk, pause: () => Promise<void>) {
    this.#disk = disk;
    this.#pause = pause;
  }

  /** Compiles beside the thread. Rejects with `UnfitModule` where the bytes rotted or do not compile, or as the disk does. */
  application(application: HostedApplication): Promise<CompiledApplication> {
    return once(this.#applications, application, () => this.#assemble(partsOf(application)));
  }

  /** Lets go of all but those of these applications. */
  keep(applications: readonly HostedApplication[]): void {
    const kept = new Set(applications.flatMap((one) => [...partsOf(one).values()].map(keyOf)));
    for (const key of this.#modules.keys()) if (!kept.has(key)) this.#modules.delete(key);
  }

  async #assemble(parts: ReadonlyMap<string, Part>): Promise<CompiledApplication> {
    const links = new Map<string, Importing>();
    for (const [link, part] of parts) {
      links.set(link, await once(this.#modules, keyOf(part), () => this.#compile(part)));
    }
    const own = links.get('')!;
    links.delete('');
    return links.size === 0 ? own.compiled : { ...own.compiled, linkage: linkageOf(own, links) };
  }

  async #compile(part: Part): Promise<Importing> {
    const { bytes, traits } = await read(this.#disk, part, this.#pause);
    const state = part.isCarried ? carriedState(this.#disk, part, bytes) : undefined;
    try {
      const shown = state?.kind === 'carriable' ? state.carriable.module : bytes;
      const ready = part.isLinked ? shareCounters(shown) : shown;
      const module = await WebAssembly.compile(ready as Uint8Array<ArrayBuffer>);
      const compiled = { module, traits, ...(state === undefined ? {} : { state }) };
      return { compiled, imports: part.isLinked ? importsOf(bytes) : [] };
    } catch (error) {
      throw new UnfitModule(`it does not compile: ${(error as Error).message}`);
    }
  }
}

/** What is known under the key, or made now; what fails is made again the next time. */
function once<K extends string | object, T>(
  known: {
    get(key: K): Promise<T> | undefined;
    set(key: K, value: Promise<T>): unknown;
    delete(key: K): boolean;
  },
  key: K,
  make: () => Promise<T>,
): Promise<T> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
}
