import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether there is a clang that compiles to WASI (Debian's with wasi-libc). */
export function hasClang(): boolean {
  return spawnSync('clang', ['--version']).status === 0 && existsSync('/usr/include/wasm32-wasi');
}

/** Compiles a source file to a module. */
export function compileC(source: string, model: 'command' | 'reactor'): Uint8Array<ArrayBuffer> {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-c-'));
  try {
    const to = join(directory, 'module.wasm');
    const flags = ['--target=wasm32-wasi', '-O2', `-mexec-model=${model}`, '-Wl,--strip-all'];
    execFileSync('clang', [...flags, '-o', to, source]);
    return new Uint8Array(readFileSync(to));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
