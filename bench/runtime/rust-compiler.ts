import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compiled } from './compiled.ts';

/** A rustc, and its target that is WASI. */
export interface RustCompiler {
  readonly command: string;
  readonly target: string;
}

/** The first that can compile to WASI, of the one on PATH and Debian's (libstd-rust-dev-wasm32). */
export function rustCompiler(): RustCompiler | undefined {
  return [process.env.RUSTC ?? 'rustc', '/usr/bin/rustc']
    .flatMap((command) => ['wasm32-wasip1', 'wasm32-wasi'].map((target) => ({ command, target })))
    .find(({ command, target }) => {
      const { status, stdout } = spawnSync(command, ['--print', 'sysroot'], { encoding: 'utf8' });
      return status === 0 && existsSync(join(stdout.trim(), 'lib/rustlib', target));
    });
}

/** Compiles a source file to a module. */
export function compileRust(
  source: string,
  { command, target }: RustCompiler,
  kind: 'bin' | 'cdylib',
): Uint8Array<ArrayBuffer> {
  const flags = ['--edition', '2021', '--target', target, '--crate-type', kind, '-O', '-C', 'strip=symbols'];
  return compiled(command, flags, source);
}
