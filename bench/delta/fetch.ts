import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../.cache/bench', import.meta.url));

/** A file of a published package, fetched with npm once and kept outside the repository. */
export function publishedFile(name: string, version: string, file: string): Uint8Array {
  const directory = `${cache}/${`${name}@${version}`.replaceAll('/', '+')}`;
  if (!existsSync(directory)) fetchPackage(name, version, directory);
  return readFileSync(`${directory}/package/${file}`);
}

function fetchPackage(name: string, version: string, directory: string): void {
  const fresh = `${directory}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const options: ExecFileSyncOptionsWithStringEncoding = { cwd: fresh, encoding: 'utf8' };
  const archive = execFileSync('npm', ['pack', '--silent', `${name}@${version}`], options)
    .trim()
    .split('\n')
    .at(-1)!;
  execFileSync('tar', ['xzf', archive], options);
  rmSync(`${fresh}/${archive}`);
  renameSync(fresh, directory);
}
