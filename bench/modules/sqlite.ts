/** The SQLite shell as a program for WASI, of the sources that a published package carries. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What a device has not: threads, other programs, libraries that are loaded, a log beside the database. */
const defines = ['THREADSAFE=0', 'OMIT_LOAD_EXTENSION', 'OMIT_WAL', 'NOHAVE_SYSTEM', 'OMIT_POPEN'];
const emulated = ['process-clocks', 'signal', 'getpid'];
/** The shell sets modes of files, which WASI does not know. */
const modes = '#include <sys/stat.h>\nint chmod(const char *path, mode_t mode) { return path == 0 || mode == 0; }\n';

/** Path of the module, compiled once beside the archive; undefined where there is no clang with wasi-libc. */
export function compiledSqlite(archive: string): string | undefined {
  const module = archive.replace(/\.tar\.gz$/, '.wasm');
  if (existsSync(module)) return module;
  const fresh = `${archive}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  execFileSync('tar', ['xzf', archive, '-C', fresh]);
  writeFileSync(`${fresh}/modes.c`, modes);
  const sources = ['shell.c', 'sqlite3.c'].map((file) => globSync(`${fresh}/*/${file}`)[0]!);
  const flags = [
    ...['--target=wasm32-wasi', '-O1', '-w', '-Wl,--strip-all', '-I', dirname(sources[0]!)],
    ...defines.map((define) => `-DSQLITE_${define}`),
    ...emulated.map((part) => `-D_WASI_EMULATED_${part.toUpperCase().replace('-', '_')}`),
  ];
  const libraries = emulated.map((part) => `-lwasi-emulated-${part}`);
  try {
    execFileSync('clang', [...flags, '-o', `${fresh}/shell.wasm`, ...sources, `${fresh}/modes.c`, ...libraries]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  renameSync(`${fresh}/shell.wasm`, module);
  rmSync(fresh, { recursive: true });
  return module;
}
