import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../.cache/bench', import.meta.url));

/** A file of a published package, fetched with npm once and kept outside the repository. */
export function publishedFile(name: string, version: string, file: string): Uint8Array {
  return readFileSync(`${publishedPackage(name, version)}/${file}`);
}

/** The directory that holds a published package; where `integrity` is named, only what has it is fetched. */
export function publishedPackage(name: string, version: string, integrity?: string): string {
  const directory = `${cache}/${`${name}@${version}`.replaceAll('/', '+')}`;
  if (!existsSync(directory)) fetchPackage(name, version, directory, integrity);
  return `${directory}/package`;
}

/** The path of the largest Wasm file that both versions of a package have. */
export function largestSharedModule(name: string, from: string, to: string): string {
  const [before, after] = [publishedPackage(name, from), publishedPackage(name, to)];
  const sizes = globSync('**/*.wasm', { cwd: after })
    .filter((file) => existsSync(`${before}/${file}`))
    .map((file) => ({ file, bytes: statSync(`${after}/${file}`).size }))
    .sort((one, other) => other.bytes - one.bytes);
  if (sizes[0] === undefined) throw new TypeError(`${name} has no Wasm file that is in both ${from} and ${to}`);
  return sizes[0].file;
}

function fetchPackage(name: string, version: string, directory: string, integrity: string | undefined): void {
  const fresh = `${directory}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const options: ExecFileSyncOptionsWithStringEncoding = { cwd: fresh, encoding: 'utf8' };
  const archive = execFileSync('npm', ['pack', '--silent', `${name}@${version}`], options)
    .trim()
    .split('\n')
    .at(-1)!;
  const found = `sha512-${createHash('sha512')
    .update(readFileSync(`${fresh}/${archive}`))
    .digest('base64')}`;
  if (integrity !== undefined && found !== integrity)
    throw new Error(`${name}@${version} is ${found}, not the ${integrity} that was asked for`);
  execFileSync('tar', ['xzf', archive], options);
  rmSync(`${fresh}/${archive}`);
  renameSync(fresh, directory);
}
