/** The files of this repository, for tests of how they are written. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's directory. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/** TypeScript files below a folder of the repository, but what is generated. */
export function walk(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return name === 'generated' ? [] : walk(path);
    return name.endsWith('.ts') && !name.endsWith('.d.ts') ? [path] : [];
  });
}

/** All that is the product. */
export const sources = ['schemas', 'artifact', 'platform', 'controller', 'device-agent', 'cli'].flatMap(walk);

/** A file's text, by its path in the repository. */
export function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}
