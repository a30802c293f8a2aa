import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileAssemblyScript } from '../../test/artifact/wasm/assemblyscript.ts';

const whole = fileURLToPath(new URL('../../artifact/delta/whole/', import.meta.url));

/** The inner loop of the model, compiled from its source. */
export function compileKernel(): Promise<Uint8Array> {
  const source = readFileSync(`${whole}assembly/kernel.ts`, 'utf8');
  const features = ['--enable', 'simd', '--enable', 'bulk-memory'];
  return compileAssemblyScript(source, '--runtime', 'stub', '-O3', '--noAssert', '--initialMemory', '10', ...features);
}

/** Writes what the source of the inner loop compiles to; gives how many bytes that is. */
export async function buildKernel(): Promise<number> {
  const binary = await compileKernel();
  const doc = '/** See assembly/kernel.ts, from which `npm run bench -- whole --build` makes it. */';
  const packed = Buffer.from(binary).toString('base64');
  writeFileSync(`${whole}packed-kernel.ts`, `${doc}\nexport const packedKernel =\n  '${packed}';\n`);
  return binary.length;
}
