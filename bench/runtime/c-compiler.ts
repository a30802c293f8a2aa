import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { compiled } from './compiled.ts';

/** Whether there is a clang that compiles to WASI (Debian's with wasi-libc). */
export function hasClang(): boolean {
  return spawnSync('clang', ['--version']).status === 0 && existsSync('/usr/include/wasm32-wasi');
}

/** Compiles a source file to a module. */
export function compileC(source: string, model: 'command' | 'reactor'): Uint8Array<ArrayBuffer> {
  return compiled('clang', ['--target=wasm32-wasi', '-O2', `-mexec-model=${model}`, '-Wl,--strip-all'], source);
}
