/** The built modules of the examples come from the sources beside them: they are built again, and must be the same bytes. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { hasClang } from '../../bench/runtime/c-compiler.ts';
import { rustCompiler } from '../../bench/runtime/rust-compiler.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const applications = ['engine-room', 'harbor', 'starter'].flatMap((example) =>
  readdirSync(join(root, 'fleet-examples', example, 'apps')).map((name) => ({
    name,
    folder: join(root, 'fleet-examples', example, 'apps', name),
  })),
);

function modulesIn(folder: string): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.wasm'));
}

async function rebuilt(t: ExecutionContext, folder: string): Promise<string> {
  const out = mkdtempSync(join(tmpdir(), 'fleet-build-'));
  t.teardown(() => rmSync(out, { recursive: true, force: true }));
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  await promisify(execFile)('sh', [join(folder, 'build.sh'), out], { env: { ...process.env, PATH: path } });
  return out;
}

for (const { name, folder } of applications) {
  test(`${name} asks for nothing but WASI preview 1 and other modules of its example`, (t) => {
    const given = ['wasi_snapshot_preview1', ...readdirSync(dirname(folder))];
    for (const file of modulesIn(folder)) {
      const module = new WebAssembly.Module(readFileSync(join(folder, file)));
      const asked = WebAssembly.Module.imports(module).map((one) => one.module);
      t.deepEqual(
        asked.filter((from) => !given.includes(from)),
        [],
        file,
      );
    }
  });

  if (existsSync(join(folder, 'assembly'))) {
    test.serial(`${name} is built byte for byte from its AssemblyScript source`, async (t) => {
      const out = await rebuilt(t, folder);
      for (const file of modulesIn(folder))
        t.deepEqual(readFileSync(join(out, file)), readFileSync(join(folder, file)), file);
    });
  }
}

const clang = hasClang();

const rust = rustCompiler() !== undefined;

function interfaceOf(bytes: Uint8Array<ArrayBuffer>) {
  const module = new WebAssembly.Module(bytes);
  return [WebAssembly.Module.imports(module), WebAssembly.Module.exports(module)];
}

/** Compilers of other versions make other bytes of the same program: then imports and exports must be the same. */
for (const { name, folder } of applications) {
  const language = ['c', 'rs'].find((extension) => existsSync(join(folder, `${name}.${extension}`)));
  if (language === undefined) continue;
  const isThere = language === 'c' ? clang : rust;
  (isThere ? test.serial : test.serial.skip)(`${name} is built from its source`, async (t) => {
    const out = await rebuilt(t, folder);
    for (const file of modulesIn(folder)) {
      const [fresh, kept] = [readFileSync(join(out, file)), readFileSync(join(folder, file))];
      if (fresh.equals(kept)) continue;
      t.deepEqual(interfaceOf(fresh), interfaceOf(kept), file);
      t.log(`${file}: this compiler makes other bytes`);
    }
    t.pass();
  });
}
