import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const whole = fileURLToPath(new URL('../../artifact/delta/whole/', import.meta.url));

const run = promisify(execFile);

/**
 * The inner loop of the model, compiled from its source, by the compiler as a program: in a process where it compiled something else
 * before, what it was told then of memory counts on, and the same source comes to other bytes.
 */
export async function compileKernel(): Promise<Uint8Array> {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-kernel-'));
  try {
    const [compiler, out] = [
      fileURLToPath(new URL('../../node_modules/assemblyscript/bin/asc.js', import.meta.url)),
      join(directory, 'kernel.wasm'),
    ];
    const features = ['--enable', 'simd', '--enable', 'bulk-memory'];
    const flags = ['--runtime', 'stub', '-O3', '--noAssert', '--initialMemory', '10', ...features];
    await run(process.execPath, [compiler, `${whole}assembly/kernel.ts`, '--outFile', out, ...flags]);
    return new Uint8Array(readFileSync(out));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Writes what the source of the inner loop compiles to; gives how many bytes that is. */
export async function buildKernel(): Promise<number> {
  const binary = await compileKernel();
  const doc = '/** See assembly/kernel.ts, from which `npm run bench -- whole --build` makes it. */';
  const packed = Buffer.from(binary).toString('base64');
  writeFileSync(`${whole}packed-kernel.ts`, `${doc}\nexport const packedKernel =\n  '${packed}';\n`);
  return binary.length;
}
