import { slotsExport } from '../../../../artifact/linking/trampolines.ts';
import type { CompiledModule } from '../compiled-modules.ts';
import { CallerAccess } from './caller-access.ts';
import { isSwappable, type Linkage } from './linkage.ts';
import { type Instantiate, type LinkedInstance, memoryBytesOf } from './linked-instance.ts';

/** New instances by their links. */
export type Successors = ReadonlyMap<string, LinkedInstance>;

/** The instances of the modules that are linked to one guest, and the slots through which they are called. */
export class LinkedInstances {
  readonly #instantiate: Instantiate;
  readonly #slots = new Map<string, WebAssembly.Table>();
  readonly #instances = new Map<string, LinkedInstance>();
  /** What is to be opened when the caller is there. */
  readonly #waiting = new Map<LinkedInstance, CallerAccess>();
  #caller: LinkedInstance | undefined;
  #linkage: Linkage;
  /** By link, what its functions are called through. */
  readonly imports: Readonly<Record<string, WebAssembly.Exports>>;

  /** Makes an instance of each and links it; none of them has run then. */
  constructor(linkage: Linkage, instantiate: Instantiate) {
    this.#instantiate = instantiate;
    this.#linkage = linkage;
    const between = [...linkage.trampolines].map(([link, { module }]) => {
      const { exports } = instantiate({ module, traits: { ownProcess: [] } }, {});
      this.#slots.set(link, exports[slotsExport] as WebAssembly.Table);
      return [link, exports] as const;
    });
    this.imports = Object.fromEntries(between);
    for (const [link, provider] of linkage.providers) this.#link(link, this.#make(provider));
  }

  /** From now on those that ask for it get at the memory of `caller`, the guest's own instance. Nothing has run before. */
  attach(caller: LinkedInstance): void {
    this.#caller = caller;
    for (const [instance, access] of this.#waiting) access.open(instance, caller);
    this.#waiting.clear();
  }

  /** In the order of their links. */
  get instances(): readonly LinkedInstance[] {
    return [...this.#instances.values()];
  }

  /** Bytes of their memories. */
  memoryBytes(): number {
    return this.instances.reduce((sum, instance) => sum + memoryBytesOf(instance), 0);
  }

  /** Whether those of `next` can take their place while what imports from them stays. */
  fits(next: Linkage): boolean {
    return isSwappable(this.#linkage, next);
  }

  /** New instances of the modules that differ in `next`, by link; nothing calls them yet. */
  successors(next: Linkage): Successors {
    const differing = [...next.providers].filter(([link, provider]) => this.#linkage.providers.get(link) !== provider);
    return new Map(differing.map(([link, provider]) => [link, this.#make(provider)]));
  }

  /** From now on they are called; a call that is under way returns from where it went. Gives those whose place they took. */
  succeed(next: Linkage, successors: Successors): readonly LinkedInstance[] {
    const gone = [...successors.keys()].map((link) => this.#instances.get(link)!);
    this.#linkage = next;
    for (const [link, instance] of successors) this.#link(link, instance);
    return gone;
  }

  #make(provider: CompiledModule): LinkedInstance {
    if (!CallerAccess.isAskedBy(provider)) return this.#instantiate(provider, this.imports);
    const access = new CallerAccess(this.#instantiate);
    const instance = this.#instantiate(provider, { ...this.imports, ...access.imports });
    if (this.#caller === undefined) this.#waiting.set(instance, access);
    else access.open(instance, this.#caller);
    return instance;
  }

  #link(link: string, instance: LinkedInstance): void {
    this.#instances.set(link, instance);
    for (const [slot, name] of this.#linkage.trampolines.get(link)!.functions.entries()) {
      this.#slots.get(link)!.set(slot, instance.exports[name]);
    }
  }
}
