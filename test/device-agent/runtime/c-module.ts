/** Programs in C as modules, by Debian's clang and wasi-libc. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

/** What `test/install-tools.sh` looks for. */
const hasClang =
  ['clang', 'wasm-ld'].every((program) =>
    (process.env.PATH ?? '').split(':').some((directory) => existsSync(join(directory, program))),
  ) && existsSync('/usr/include/wasm32-wasi');

/** A serial test that compiles C; where there is no clang it is skipped. */
export const cTest = hasClang ? test.serial : test.serial.skip;

type Model = 'command' | 'reactor';

const linkers = new Map<Model, readonly string[]>();

/**
 * How clang would link the `app.o` of a directory to `app.wasm`. Once it has told, its linker is called without it: for each
 * of several steps clang starts itself again, which takes longer than the step.
 */
function linkerOf(model: Model, directory: string): readonly string[] {
  const known = linkers.get(model);
  if (known !== undefined) return known;
  const plan = ['--target=wasm32-wasi', `-mexec-model=${model}`, '-###', '-o', 'app.wasm', 'app.o'];
  const { stderr } = spawnSync('clang', plan, { cwd: directory, encoding: 'utf8' });
  const line = stderr.split('\n').find((one) => /^ *"[^"]*wasm-ld[^"]*"/.test(one));
  if (line === undefined) throw new Error(`clang does not tell how it links:\n${stderr}`);
  const words = [...line.matchAll(/"([^"]*)"/g)].map(([, word]) => word!);
  linkers.set(model, words);
  return words;
}

/** Compiles a program, or a reactor. */
export function compileC(source: string, model: Model = 'command'): Uint8Array<ArrayBuffer> {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-c-'));
  try {
    writeFileSync(join(directory, 'app.c'), source);
    execFileSync('clang', ['--target=wasm32-wasi', '-O1', '-c', '-o', 'app.o', 'app.c'], { cwd: directory });
    const [linker, ...words] = linkerOf(model, directory);
    execFileSync(linker!, words, { cwd: directory });
    return new Uint8Array(readFileSync(join(directory, 'app.wasm')));
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
