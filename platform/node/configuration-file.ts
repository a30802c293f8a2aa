/**
 * Finds and reads a configuration file. Configuration is data: YAML or JSON, a regular file, of bounded size. It is looked
 * for in a few fixed places and never upwards, because a directory above may be a repository that somebody else writes.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { CosmiconfigResult, Loaders } from 'cosmiconfig';

const stem = 'fleet.config';
const dataExtensions = ['yaml', 'yml', 'json'];
/** What former versions ran. */
const programExtensions = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'];
const fileBytesMax = 1024 * 1024;

function loadersOf(defaults: Readonly<Record<'.json' | '.yaml', Loaders[string]>>): Loaders {
  return Object.fromEntries([
    ...dataExtensions.map((extension) => [`.${extension}`, defaults[extension === 'json' ? '.json' : '.yaml']]),
    ...[...programExtensions.map((extension) => `.${extension}`), 'noExt'].map((extension) => [
      extension,
      refuseProgram,
    ]),
  ]);
}

function refuseProgram(path: string): never {
  throw new Error(`${path}: configuration is data, not a program; write it as YAML or JSON`);
}

/** Throws for what waits when it is read, or is too much; false when nothing is there. */
function isReadable(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
  if (stat.size > fileBytesMax) throw new Error(`${path} has ${stat.size} bytes; at most ${fileBytesMax} are read`);
  return true;
}

/** The file of one directory; a program in its place is refused rather than passed over. */
function fileIn(directory: string): string | undefined {
  const found = dataExtensions.map((extension) => join(directory, `${stem}.${extension}`)).find(isReadable);
  if (found !== undefined) return found;
  const program = programExtensions
    .map((extension) => join(directory, `${stem}.${extension}`))
    .find((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
  return program === undefined ? undefined : refuseProgram(program);
}

/** What a file holds, and where it is. */
export type ConfigurationFile = NonNullable<CosmiconfigResult>;

/** Reads this file. Throws what is wrong with it. */
export async function readConfigurationFile(path: string): Promise<ConfigurationFile> {
  if (!isReadable(path)) throw new Error(`${path} is not there`);
  // Most commands find no file.
  const { cosmiconfig, defaultLoaders } = await import('cosmiconfig');
  const loaders = loadersOf(defaultLoaders);
  const explorer = cosmiconfig('fleet', { loaders, searchPlaces: [], searchStrategy: 'none' });
  const result = await explorer.load(path);
  if (result === null) throw new Error(`${path} can't be read`);
  return result;
}

/** The first file in these directories; undefined when none has one. Throws what is wrong with it. */
export async function findConfigurationFile(directories: readonly string[]): Promise<ConfigurationFile | undefined> {
  for (const directory of directories) {
    const path = fileIn(directory);
    if (path !== undefined) return readConfigurationFile(path);
  }
  return undefined;
}
