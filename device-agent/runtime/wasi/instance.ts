/** A module and its world put together, for whoever runs it: on a thread of its own or suspended among others. */

import type { Guest } from './guest.ts';
import { importedMemory, memoryImport } from './imported-memory.ts';
import { preview1, type SystemCalls } from './preview1.ts';
import type { GuestWorld } from './world.ts';

/** What is ready to be instantiated. */
export interface Bound {
  /** The system calls, which the runner may wrap before it gives them to the instance. */
  readonly imports: SystemCalls;
  /** What else the module imports. */
  readonly others: WebAssembly.Imports;
  readonly guest: Guest;
}

/** Makes the imports of a module that has no fault; its directories are closed with `guest.close()`. */
export function bind(module: WebAssembly.Module, bytes: Uint8Array, world: GuestWorld): Bound {
  const { imports, guest } = preview1(world);
  const memory = importedMemory(module, bytes);
  if (memory === undefined) return { imports, others: {}, guest };
  guest.memory.attach(memory);
  return { imports, others: { [memoryImport.module]: { [memoryImport.name]: memory } }, guest };
}

/** Gives the system calls the memory that the instance exports; one that was imported they have already. */
export function attachMemory(guest: Guest, exports: WebAssembly.Exports): void {
  if (exports.memory instanceof WebAssembly.Memory) guest.memory.attach(exports.memory);
}
