/** Programs in C as modules, by Debian's clang and wasi-libc. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const hasClang = spawnSync('clang', ['--print-targets']).status === 0 && spawnSync('wasm-ld', ['-v']).status === 0;

/** A serial test that compiles C; where there is no clang it is skipped. */
export const cTest = hasClang ? test.serial : test.serial.skip;

/** Compiles a program; `body` is what its main does. */
export function cModule(body: string): Uint8Array {
  const headers = ['dirent', 'errno', 'fcntl', 'poll', 'stdio', 'stdlib', 'string', 'sys/stat', 'unistd'];
  const includes = headers.map((name) => `#include <${name}.h>\n`).join('');
  const directory = mkdtempSync(join(tmpdir(), 'fleet-c-'));
  try {
    writeFileSync(join(directory, 'app.c'), `${includes}int main(int argc, char **argv) {\n${body}\n}\n`);
    const files = ['-o', join(directory, 'app.wasm'), join(directory, 'app.c')];
    execFileSync('clang', ['--target=wasm32-wasi', '-O1', ...files]);
    return readFileSync(join(directory, 'app.wasm'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
