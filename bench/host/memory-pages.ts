import type { CompiledModule } from '../../device-agent/runtime/host/compiled-modules.ts';
import { idleInstances } from './idle-instance.ts';

/** What fills the memory of a guest, by pages as the operating system gives them. */
export interface MemoryPages {
  /** As its module has the engine copy them, and nothing else. */
  readonly constantsKib: number;
  /** With anything that the program wrote. */
  readonly writtenKib: number;
}

const pageBytes = 4_096;

/** Those of a memory that a guest of this module runs in. */
export function pagesOf(memory: WebAssembly.Memory, compiled: CompiledModule): MemoryPages {
  const untouched = new WebAssembly.Memory(compiled.traits.importedMemory!);
  idleInstances(compiled)(untouched);
  const [now, made] = [Buffer.from(memory.buffer), Buffer.from(untouched.buffer)];
  const zeroes = Buffer.alloc(pageBytes);
  const pages = { constants: 0, written: 0 };
  for (let at = 0; at < now.length; at += pageBytes) {
    const page = now.subarray(at, at + pageBytes);
    const isAsMade = at < made.length ? page.equals(made.subarray(at, at + pageBytes)) : page.equals(zeroes);
    if (!isAsMade) pages.written += 1;
    else if (!page.equals(zeroes)) pages.constants += 1;
  }
  const kib = pageBytes / 1024;
  return { constantsKib: pages.constants * kib, writtenKib: pages.written * kib };
}
