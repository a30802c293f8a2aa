/** The files of this repository, for tests of how they are written and for what runs the tests. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
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

/** What a file imports: `specifier` as it is written. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  /** Made while the file runs, when it comes to that. */
  readonly isLazy: boolean;
}

/** All imports of a file, also those that are made while it runs. */
export function importsOf(file: string): Import[] {
  const pattern = /(?:^|\n)(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/g;
  return [...textOf(file).matchAll(pattern)].map(([, type, fixed, lazy]) => ({
    specifier: fixed ?? lazy ?? '',
    typeOnly: type !== undefined,
    isLazy: lazy !== undefined,
  }));
}

/** The file of this repository that an import of `file` means; undefined when it means a package. */
export function importedFile(file: string, { specifier }: Import): string | undefined {
  return specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : undefined;
}
