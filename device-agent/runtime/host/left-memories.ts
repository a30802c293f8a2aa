import type { MemoryShape } from '../wasi/imported-memory.ts';

const pageBytes = 65_536;
/** What may wait for the next instance, over all shapes. */
const keptPagesMax = 64;

/**
 * Memories that ended programs have left, empty again: one that is mapped already saves an instance the operating system's
 * work of mapping its pages, the most of what it costs.
 */
export class LeftMemories {
  readonly #left = new Map<string, WebAssembly.Memory[]>();
  #pages = 0;

  /** A memory of zeroes of that shape. */
  take(shape: MemoryShape): WebAssembly.Memory {
    const left = this.#left.get(keyOf(shape))?.pop();
    if (left === undefined) return new WebAssembly.Memory(shape);
    this.#pages -= shape.initial;
    return left;
  }

  /** Takes back what nobody can reach any more; not what has grown, nor what is shared. */
  leave(memory: WebAssembly.Memory, shape: MemoryShape): void {
    const { buffer } = memory;
    const isAsMade = !shape.shared && buffer.byteLength === shape.initial * pageBytes;
    if (!isAsMade || this.#pages + shape.initial > keptPagesMax) return;
    new Uint8Array(buffer).fill(0);
    const key = keyOf(shape);
    const left = this.#left.get(key) ?? [];
    left.push(memory);
    this.#left.set(key, left);
    this.#pages += shape.initial;
  }
}

function keyOf({ initial, maximum }: MemoryShape): string {
  return `${initial}-${maximum}`;
}
