import { fuelContract } from '../../../artifact/fuel/contract.ts';
import { Guest as Program } from '../wasi/guest.ts';
import { type MemoryShape, memoryImport } from '../wasi/imported-memory.ts';
import { callsOf, type SystemCall } from '../wasi/preview1.ts';
import type { GuestWorld } from '../wasi/world.ts';
import type { CompiledApplication, CompiledModule } from './compiled-modules.ts';
import type { LeftMemories } from './left-memories.ts';
import type { Linkage } from './links/linkage.ts';
import { type LinkedInstance, LinkedInstances, type Successors } from './links/linked-instances.ts';

/** A function of a guest, called from outside. */
export type Entry = (...values: never[]) => unknown;

/** What the instances of one guest are given. */
export interface InstanceTerms {
  readonly world: GuestWorld;
  /** Where memories come from and go to. */
  readonly memories: LeftMemories;
  /** What is imported of the meter, which all of them share. */
  fuel(): WebAssembly.Exports;
  /** A system call as an instance gets it. */
  wrap(name: string, call: SystemCall): unknown;
}

/** The instances of one guest: that of its own module, and those of the modules linked to it, each with a memory of its own. */
export class GuestInstances {
  readonly #terms: InstanceTerms;
  readonly #program: Program;
  #own: LinkedInstance = { exports: {}, memory: undefined };
  #links: LinkedInstances | undefined;
  #bytesAtEnd = 0;
  /** Memories that were lent to them, by what they were asked for as. */
  #lent = new Map<WebAssembly.Memory, MemoryShape>();

  constructor(terms: InstanceTerms) {
    this.#terms = terms;
    this.#program = new Program(terms.world);
  }

  /** The exports of its own module; none before it is made. */
  get exports(): WebAssembly.Exports {
    return this.#own.exports;
  }

  /** Makes all of them; gives what is to be run to start them, in its order. */
  make(compiled: CompiledApplication): readonly Entry[] {
    const { linkage } = compiled;
    const make = (module: CompiledModule, links: WebAssembly.Imports): LinkedInstance =>
      this.#instantiate(module, links, new Program(this.#terms.world, this.#program));
    this.#links = linkage && new LinkedInstances(linkage, make);
    this.#own = this.#instantiate(compiled, this.#links?.imports ?? {}, this.#program);
    return [...(this.#links?.instances ?? []), this.#own].flatMap(({ exports }) => entriesOf(exports));
  }

  /** New instances of the linked modules that differ in `next`; undefined where they can't take the others' place. */
  successors(next: Linkage): Successors | undefined {
    return this.#links?.fits(next) === true ? this.#links.successors(next) : undefined;
  }

  /** From now on the successors are called. */
  succeed(next: Linkage, successors: Successors): void {
    // A call that is under way may still write to the memories of those that were called before.
    for (const { memory } of this.#links?.succeed(next, successors) ?? []) if (memory) this.#lent.delete(memory);
  }

  /** Bytes of all their memories, now or at their end. */
  memoryBytes(): number {
    return (this.#own.memory?.buffer.byteLength ?? this.#bytesAtEnd) + (this.#links?.memoryBytes() ?? 0);
  }

  /** Gives back what the program holds of the outside. */
  close(): void {
    this.#program.close();
  }

  /** Lets go of them; nothing of them runs any more. Their memories are given back where nobody else writes to them. */
  leave(areMemoriesFree: boolean): void {
    const lent = this.#lent;
    this.#bytesAtEnd = this.memoryBytes();
    this.#lent = new Map();
    this.#links = undefined;
    this.#own = { exports: {}, memory: undefined };
    if (areMemoriesFree) for (const [memory, shape] of lent) this.#terms.memories.leave(memory, shape);
  }

  #instantiate(
    { module, traits: { importedMemory: shape } }: CompiledModule,
    links: WebAssembly.Imports,
    program: Program,
  ): LinkedInstance {
    const lent = shape && this.#terms.memories.take(shape);
    if (lent !== undefined && shape !== undefined) this.#lent.set(lent, shape);
    const { exports } = new WebAssembly.Instance(module, {
      ...this.#systemCalls(module, program),
      ...links,
      [fuelContract.module]: this.#terms.fuel(),
      ...(lent === undefined ? {} : { [memoryImport.module]: { [memoryImport.name]: lent } }),
    });
    const memory = lent ?? (exports.memory as WebAssembly.Memory | undefined);
    if (memory !== undefined) program.memory.attach(memory);
    return { exports, memory };
  }

  #systemCalls(module: WebAssembly.Module, program: Program): WebAssembly.Imports {
    const { wrap } = this.#terms;
    return Object.fromEntries(
      Object.entries(callsOf(program, WebAssembly.Module.imports(module))).map(([from, calls]) => [
        from,
        Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, wrap(name, call)])),
      ]),
    );
  }
}

/** What an instance runs by itself, in its order. */
export function entriesOf(exports: WebAssembly.Exports): readonly Entry[] {
  const names = [fuelContract.start, exports._start === undefined ? '_initialize' : '_start'];
  return names.flatMap((name) => (exports[name] as Entry | undefined) ?? []);
}
