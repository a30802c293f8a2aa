import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { compileC, hasClang } from './c-compiler.ts';
import { publishedKernels } from './published-kernels.ts';
import { compileRust, rustCompiler } from './rust-compiler.ts';

/** A program that is run in rounds, and answers with a number that depends on all it did. */
export interface Kernel {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What runs it; without it, its export `run(rounds)`. */
  readonly drive?: (exports: WebAssembly.Exports, memory: WebAssembly.Memory) => (rounds: number) => number;
}

const folder = fileURLToPath(new URL('kernels', import.meta.url));

/** Compiles the kernels and fetches those that are published; tells of those that can't be had. */
export async function compileKernels(tell: (line: string) => void): Promise<Kernel[]> {
  const c = readdirSync(folder).filter((file) => file.endsWith('.c'));
  const scripts = readdirSync(join(folder, 'assembly'));
  const kernels: Kernel[] = [];
  if (hasClang())
    kernels.push(...c.map((file) => ({ name: basename(file, '.c'), bytes: compileC(join(folder, file), 'reactor') })));
  else tell(`left out, as there is no clang with wasi-libc: ${c.join(', ')}`);
  const rust = readdirSync(folder).filter((file) => file.endsWith('.rs'));
  const compiler = rustCompiler();
  if (compiler !== undefined)
    kernels.push(
      ...rust.map((file) => ({
        name: basename(file, '.rs'),
        bytes: compileRust(join(folder, file), compiler, 'cdylib'),
      })),
    );
  else tell(`left out, as there is no rustc with a WASI target: ${rust.join(', ')}`);
  for (const file of scripts) kernels.push(await compileAssembly(file));
  return [...kernels, ...publishedKernels()];
}

async function compileAssembly(file: string): Promise<Kernel> {
  const source = readFileSync(join(folder, 'assembly', file), 'utf8');
  let bytes: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ['kernel.ts', '-O3', '--runtime', 'incremental', '--outFile', 'kernel.wasm'],
    {
      readFile: (name: string) => (name === 'kernel.ts' ? source : null),
      writeFile: (_: string, contents: string | Uint8Array) => {
        if (typeof contents !== 'string') bytes = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || bytes === undefined) throw new Error(`${file}: ${error?.message}\n${stderr}`);
  return { name: basename(file, '.ts'), bytes };
}
