/** The built modules of the examples come from the sources beside them: they are built again, and must be the same bytes. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';

const root = fileURLToPath(new URL('../../', import.meta.url));

const applications = ['harbor', 'starter'].flatMap((example) =>
  readdirSync(join(root, 'fleet-examples', example, 'apps')).map((name) => ({
    name,
    folder: join(root, 'fleet-examples', example, 'apps', name),
  })),
);

function modulesIn(folder: string): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.wasm'));
}

function rebuilt(t: ExecutionContext, folder: string): string {
  const out = mkdtempSync(join(tmpdir(), 'fleet-build-'));
  t.teardown(() => rmSync(out, { recursive: true, force: true }));
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const built = spawnSync('sh', [join(folder, 'build.sh'), out], {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  if (built.status !== 0) t.fail(`${folder}: ${built.stderr}`);
  return out;
}

for (const { name, folder } of applications) {
  test(`${name} asks for nothing but WASI preview 1`, (t) => {
    for (const file of modulesIn(folder)) {
      const module = new WebAssembly.Module(readFileSync(join(folder, file)));
      const from = new Set(WebAssembly.Module.imports(module).map((one) => one.module));
      t.deepEqual([...from], ['wasi_snapshot_preview1'], file);
      t.true(
        WebAssembly.Module.exports(module).some((one) => one.name === '_start'),
        file,
      );
    }
  });

  if (existsSync(join(folder, 'assembly'))) {
    test(`${name} is built byte for byte from its AssemblyScript source`, (t) => {
      const out = rebuilt(t, folder);
      for (const file of modulesIn(folder))
        t.deepEqual(readFileSync(join(out, file)), readFileSync(join(folder, file)), file);
    });
  }
}

const clang =
  spawnSync('clang', ['--version'], { encoding: 'utf8' }).status === 0 && existsSync('/usr/include/wasm32-wasi');

/** Compilers of other versions make other bytes of the same program: then imports and exports must be the same. */
(clang ? test : test.skip)('tide-logger is built from its C source', (t) => {
  const { folder } = applications.find(({ name }) => name === 'tide-logger')!;
  const out = rebuilt(t, folder);
  for (const file of modulesIn(folder)) {
    const [fresh, kept] = [readFileSync(join(out, file)), readFileSync(join(folder, file))];
    if (fresh.equals(kept)) continue;
    const interfaceOf = (bytes: Uint8Array<ArrayBuffer>) => {
      const module = new WebAssembly.Module(bytes);
      return [WebAssembly.Module.imports(module), WebAssembly.Module.exports(module)];
    };
    t.deepEqual(interfaceOf(fresh as Uint8Array<ArrayBuffer>), interfaceOf(kept as Uint8Array<ArrayBuffer>), file);
    t.log(`${file}: this clang makes other bytes`);
  }
  t.pass();
});
