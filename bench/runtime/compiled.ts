import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The module that a compiler makes of a source file with these flags. */
export function compiled(compiler: string, flags: readonly string[], source: string): Uint8Array<ArrayBuffer> {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-compiled-'));
  try {
    const to = join(directory, 'module.wasm');
    execFileSync(compiler, [...flags, '-o', to, source]);
    return new Uint8Array(readFileSync(to));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
