/** Programs in C as modules, by Debian's clang and wasi-libc. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const hasClang = spawnSync('clang', ['--print-targets']).status === 0 && spawnSync('wasm-ld', ['-v']).status === 0;

/** A serial test that compiles C; where there is no clang it is skipped. */
export const cTest = hasClang ? test.serial : test.serial.skip;

/** Without programs of packages: clang would hand all that it makes to a wasm-opt that it finds, for two seconds each. */
const pathOfSystem = (process.env.PATH ?? '')
  .split(':')
  .filter((directory) => !directory.includes('node_modules'))
  .join(':');

/** Compiles a program, or a reactor. */
export function compileC(source: string, model: 'command' | 'reactor' = 'command'): Uint8Array<ArrayBuffer> {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-c-'));
  try {
    const [text, module] = [join(directory, 'app.c'), join(directory, 'app.wasm')];
    writeFileSync(text, source);
    execFileSync('clang', ['--target=wasm32-wasi', `-mexec-model=${model}`, '-O1', '-o', module, text], {
      env: { ...process.env, PATH: pathOfSystem },
    });
    return new Uint8Array(readFileSync(module));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const headers = ['dirent', 'errno', 'fcntl', 'poll', 'stdio', 'stdlib', 'string', 'sys/stat', 'unistd'];
const includes = headers.map((name) => `#include <${name}.h>\n`).join('');

/** Compiles a reactor; a function that begins with `EXPORT(name)` is exported. */
export function cReactor(functions: string): Uint8Array<ArrayBuffer> {
  return compileC(`${includes}#define EXPORT(name) __attribute__((export_name(#name)))\n${functions}`, 'reactor');
}

/** Compiles a program; `body` is what its main does. */
export function cModule(body: string): Uint8Array<ArrayBuffer> {
  return compileC(`${includes}int main(int argc, char **argv) {\n${body}\n}\n`);
}
