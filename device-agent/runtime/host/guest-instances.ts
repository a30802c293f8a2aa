import { fuelContract } from '../../../artifact/fuel/contract.ts';
import { Guest as Program } from '../wasi/guest.ts';
import { type MemoryShape, memoryImport } from '../wasi/imported-memory.ts';
import type { GuestWorld } from '../wasi/world.ts';
import type { CompiledApplication, CompiledModule } from './compiled-modules.ts';
import { sharedCounters } from './counters.ts';
import type { GuestThread } from './guest-thread.ts';
import type { Linkage } from './links/linkage.ts';
import { type LinkedInstance, memoryBytesOf } from './links/linked-instance.ts';
import { LinkedInstances, type Successors } from './links/linked-instances.ts';

/** A function of a guest, called from outside. */
export type Entry = (...values: never[]) => unknown;

const { module: meter } = fuelContract;
const nothing: LinkedInstance = { exports: {}, memory: undefined, memories: new Set(), isBounded: false };

/** Instances that have not run. */
export interface MadeInstances {
  /** Of the guest's own module. */
  readonly instance: LinkedInstance;
  /** What the system calls of that one share. */
  readonly program: Program;
  /** What all of them run by themselves, in its order. */
  readonly entries: readonly Entry[];
}

/** The instances of one guest: that of its own module, and those of the modules linked to it, each with a memory of its own. */
export class GuestInstances {
  readonly #thread: Pick<GuestThread, 'memories' | 'imports'>;
  /** What the system calls of its own module share. */
  readonly program: Program;
  #own: LinkedInstance = nothing;
  #links: LinkedInstances | undefined;
  #bytesAtEnd = 0;
  /** Where modules are linked: the counters of all of them. */
  #shared: ReturnType<typeof sharedCounters> | undefined;
  /** Memories that were lent to them, by what they were asked for as. */
  #lent = new Map<WebAssembly.Memory, MemoryShape>();

  constructor(world: GuestWorld, thread: Pick<GuestThread, 'memories' | 'imports'>) {
    this.#thread = thread;
    this.program = new Program(world);
  }

  /** The exports of its own module; none before it is made. */
  get exports(): WebAssembly.Exports {
    return this.#own.exports;
  }

  /** Makes all of them. */
  make(compiled: CompiledApplication): MadeInstances {
    const { linkage } = compiled;
    this.#shared = linkage && sharedCounters();
    this.#links = linkage && new LinkedInstances(linkage, (module, links) => this.#beside(module, links));
    const imports = this.#thread.imports.of(compiled.module);
    this.#own = this.#instantiate(compiled, { ...this.#links?.imports, ...imports }, this.program);
    this.#links?.attach(this.#own);
    const entries = this.#all().flatMap(({ exports }) => entriesOf(exports));
    return { instance: this.#own, program: this.program, entries };
  }

  /** In the order in which they start. */
  #all(): readonly LinkedInstance[] {
    return [...(this.#links?.instances ?? []), this.#own];
  }

  /** New instances of the linked modules that differ in `next`; undefined where they can't take the others' place. */
  successors(next: Linkage): Successors | undefined {
    return this.#links?.fits(next) === true ? this.#links.successors(next) : undefined;
  }

  /** From now on the successors are called. */
  succeed(next: Linkage, successors: Successors): void {
    // A call that is under way may still write to the memories of those that were called before.
    const gone = this.#links?.succeed(next, successors) ?? [];
    for (const memory of gone.flatMap(({ memories }) => [...memories])) this.#lent.delete(memory);
  }

  /** Bytes of all their memories, now or at their end. */
  memoryBytes(): number {
    return (this.#own === nothing ? this.#bytesAtEnd : memoryBytesOf(this.#own)) + (this.#links?.memoryBytes() ?? 0);
  }

  /** Whether the limit of their memory, not their own maximum, is what one of them is refused more by. */
  get areBounded(): boolean {
    return this.#all().some(({ isBounded }) => isBounded);
  }

  /** Gives back what the program holds of the outside. */
  close(): Promise<void> {
    return this.program.close();
  }

  /** Lets go of them; nothing of them runs any more. Their memories are given back where nobody else writes to them. */
  leave(areMemoriesFree: boolean): void {
    const lent = this.#lent;
    this.#bytesAtEnd = this.memoryBytes();
    this.#lent = new Map();
    this.#links = undefined;
    this.#own = nothing;
    if (areMemoriesFree) for (const [memory, shape] of lent) this.#thread.memories.leave(memory, shape);
  }

  #beside(compiled: CompiledModule, links: WebAssembly.Imports): LinkedInstance {
    const program = new Program(this.program.world, this.program);
    const imports = this.#thread.imports.besides(compiled.module, program);
    return this.#instantiate(compiled, { ...links, ...imports }, program);
  }

  #instantiate(
    { module, traits: { importedMemory: shape, hiddenMemories = [], isMemoryBounded } }: CompiledModule,
    imports: WebAssembly.Imports,
    program: Program,
  ): LinkedInstance {
    const lent = shape && this.#thread.memories.take(shape);
    if (lent !== undefined && shape !== undefined) {
      this.#lent.set(lent, shape);
      imports[memoryImport.module] = { [memoryImport.name]: lent };
    }
    if (this.#shared !== undefined) imports[meter] = { ...imports[meter], ...this.#shared };
    const { exports } = new WebAssembly.Instance(module, imports);
    const memory = exports.memory instanceof WebAssembly.Memory ? exports.memory : lent;
    if (memory !== undefined) program.memory.attach(memory);
    const others = hiddenMemories.map((name) => exports[name] as WebAssembly.Memory);
    const memories = new Set([memory, lent, ...others].filter((one) => one !== undefined));
    return { exports, memory, memories, isBounded: isMemoryBounded === true };
  }
}

/** What an instance runs by itself, in its order. */
export function entriesOf(exports: WebAssembly.Exports): readonly Entry[] {
  const names = [fuelContract.start, exports._start === undefined ? '_initialize' : '_start'];
  return names.flatMap((name) => (exports[name] as Entry | undefined) ?? []);
}
