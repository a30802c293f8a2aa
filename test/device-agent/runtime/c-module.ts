/**
 * Programs in C as modules, by Debian's clang and wasi-libc. What they made of a source is kept for other tests and runs: to
 * start them takes longer than most of the modules run.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { sha256Hex } from '../../../schemas/sha256.ts';

/** What `test/install-tools.sh` looks for. */
const tools = [
  ...['clang', 'wasm-ld'].map((program) =>
    (process.env.PATH ?? '')
      .split(':')
      .map((directory) => join(directory, program))
      .find((path) => existsSync(path)),
  ),
  ...['/usr/include/wasm32-wasi', '/usr/lib/wasm32-wasi/libc.a'].filter((path) => existsSync(path)),
];

const hasClang = tools.length === 4 && !tools.includes(undefined);

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

/** Where the modules are kept. */
const kept = join(import.meta.dirname, '../../../.cache/c-modules');

/** Of the compiler and what it links with; other ones make other modules. */
let edition: string | undefined;

function editionOf(paths: readonly (string | undefined)[]): string {
  return paths
    .map((path) => {
      const real = realpathSync(path!);
      const { size, mtimeMs } = statSync(real);
      return `${real} ${size} ${mtimeMs}`;
    })
    .join('\n');
}

/** Makes `app.wasm` in a directory that has nothing else. */
function compileIn(directory: string, source: string, model: Model): void {
  writeFileSync(join(directory, 'app.c'), source);
  execFileSync('clang', ['--target=wasm32-wasi', '-O1', '-c', '-o', 'app.o', 'app.c'], { cwd: directory });
  const [linker, ...words] = linkerOf(model, directory);
  execFileSync(linker!, words, { cwd: directory });
}

/** Compiles a program, or a reactor. */
export function compileC(source: string, model: Model = 'command'): Uint8Array<ArrayBuffer> {
  edition ??= editionOf(tools);
  const file = join(kept, `${sha256Hex([edition, model, source].join('\0'))}.wasm`);
  if (!existsSync(file)) {
    mkdirSync(kept, { recursive: true });
    const directory = mkdtempSync(join(kept, 'making-'));
    try {
      compileIn(directory, source, model);
      // Whole, or not there: others look for it meanwhile.
      renameSync(join(directory, 'app.wasm'), file);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
  return new Uint8Array(readFileSync(file));
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
