/**
 * Finds configuration: one `fleet.config.yaml` (or .yml, .json, .ts, .js) in the given directory or above it, then in
 * `/etc/fleet`. Flags win over `FLEET_SECTION_KEY` environment variables, these over the file, the file over defaults.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type CosmiconfigResult, cosmiconfig } from 'cosmiconfig';
import { resolveConfiguration, type Section, type Sections } from '../../schemas/configuration.ts';
import type { ConfigurationFault } from '../../schemas/configuration-faults.ts';

const searchPlaces = ['yaml', 'yml', 'json', 'ts', 'js'].map((extension) => `fleet.config.${extension}`);

/** Where configuration is looked for when no directory on the way up has any. */
export const systemDirectory = '/etc/fleet';

/** All that is wrong with a configuration, each with its file, line and key. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION';
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigurationError';
  }
}

export interface ConfigurationOptions {
  /** Where the search starts. */
  readonly directory: string;
  /** This file and no other. */
  readonly file?: string;
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What the file's reader or the file itself threw, with the file's name, which a program's own error lacks. */
function readingFault(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const file = error instanceof Error && 'filepath' in error ? String(error.filepath) : undefined;
  return file === undefined || message.includes(file) ? message : `${file}: ${message}`;
}

async function find(options: ConfigurationOptions): Promise<CosmiconfigResult> {
  const explorer = cosmiconfig('fleet', {
    ...{ searchPlaces, searchStrategy: 'global', stopDir: '/' },
    // A file that holds nothing yet is still the one that is meant.
    ignoreEmptySearchPlaces: false,
  });
  try {
    if (options.file !== undefined) return await explorer.load(resolve(options.directory, options.file));
    return (await explorer.search(options.directory)) ?? (await explorer.search(systemDirectory));
  } catch (error) {
    throw new ConfigurationError([readingFault(error)]);
  }
}

/** `:LINE:COLUMN` of a key in a YAML or JSON file, or of what is around it; empty for programs. */
async function placeOf(path: string, key: string): Promise<string> {
  if (!/\.(ya?ml|json)$/.test(path)) return '';
  const { isMap, isScalar, LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter });
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of key.split('.')) {
    const pair = isMap(node) ? node.items.find((item) => isScalar(item.key) && item.key.value === part) : undefined;
    if (pair === undefined) break;
    offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
    node = pair.value;
  }
  const { line, col } = lineCounter.linePos(offset);
  return `:${line}:${col}`;
}

async function describe(faults: readonly ConfigurationFault[], path: string | undefined): Promise<string[]> {
  return Promise.all(
    faults.map(async ({ key, message, givenBy }) => {
      const place = path === undefined ? 'configuration' : `${path}${await placeOf(path, key)}`;
      return `${givenBy ?? place}: ${key === '' ? 'the file' : key}${message.startsWith('there') ? ':' : ''} ${message}`;
    }),
  );
}

/** Where a configuration came from: its directory is what its relative paths start at. */
export interface LoadedConfiguration<S extends Section> {
  readonly value: Sections[S];
  readonly file?: string;
}

/** Loads one section. Throws `ConfigurationError` with every fault. */
export async function loadConfiguration<S extends Section>(
  section: S,
  options: ConfigurationOptions,
): Promise<LoadedConfiguration<S>> {
  const found = await find(options);
  const path = found?.filepath;
  const result = resolveConfiguration(section, {
    file: found?.isEmpty ? {} : found?.config,
    environment: options.environment,
    flags: options.flags ?? {},
    resolvePath: (relative, from) =>
      resolve(from === 'file' && path !== undefined ? dirname(path) : options.directory, relative),
  });
  if ('faults' in result) throw new ConfigurationError(await describe(result.faults, path));
  return path === undefined ? { value: result.value } : { value: result.value, file: path };
}
