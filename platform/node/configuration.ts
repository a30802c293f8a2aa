/**
 * Loads configuration. Flags win over `FLEET_SECTION_KEY` environment variables, these over the file, the file over defaults.
 * The file is the one that is named, else the first `fleet.config.yaml` (or .yml, .json) of these:
 *
 *     the working directory     for controller and agent, which are run from it; never for the command line
 *     the user's own directory  $XDG_CONFIG_HOME/fleet or ~/.config/fleet
 *     /etc/fleet
 *
 * The command line is used in checkouts of repositories that somebody else writes: nothing in them says where it connects.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { resolveConfiguration, type Section, type Sections, unknownVariables } from '../../schemas/configuration.ts';
import type { ConfigurationFault } from '../../schemas/configuration-faults.ts';
import { type ConfigurationFile, findConfigurationFile, readConfigurationFile } from './configuration-file.ts';

const systemDirectory = '/etc/fleet';

/** All that is wrong with a configuration, each with its file, line and key. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION';
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigurationError';
  }
}

export interface ConfigurationOptions {
  /** The working directory. */
  readonly directory: string;
  /** This file and no other; without it the variable FLEET_CONFIG may name one. */
  readonly file?: string | undefined;
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What the file's reader threw, with the file's name. */
function readingFault(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const file = error instanceof Error && 'filepath' in error ? String(error.filepath) : undefined;
  return file === undefined || message.includes(file) ? message : `${file}: ${message}`;
}

function directoriesFor(section: Section, { directory, environment }: ConfigurationOptions): string[] {
  const { XDG_CONFIG_HOME, HOME } = environment;
  const own = XDG_CONFIG_HOME || (HOME ? `${HOME}/.config` : undefined);
  return [...(section === 'cli' ? [] : [directory]), ...(own === undefined ? [] : [`${own}/fleet`]), systemDirectory];
}

async function find(section: Section, options: ConfigurationOptions): Promise<ConfigurationFile | undefined> {
  const named = options.file ?? (options.environment.FLEET_CONFIG || undefined);
  try {
    if (named !== undefined) return await readConfigurationFile(resolve(options.directory, named));
    return await findConfigurationFile(directoriesFor(section, options));
  } catch (error) {
    throw new ConfigurationError([readingFault(error)]);
  }
}

/** `:LINE:COLUMN` of a key or an item of a list in a file, or of what is around it. */
async function placeOf(path: string, key: string): Promise<string> {
  const { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter });
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of key.split('.')) {
    if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = (isNode(node) ? node.range?.[0] : undefined) ?? offset;
      continue;
    }
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
  /** What was given and means nothing, such as a variable that is misspelt. */
  readonly warnings: readonly string[];
}

/** Loads one section. Throws `ConfigurationError` with every fault. */
export async function loadConfiguration<S extends Section>(
  section: S,
  options: ConfigurationOptions,
): Promise<LoadedConfiguration<S>> {
  const found = await find(section, options);
  const path = found?.filepath;
  const result = resolveConfiguration(section, {
    file: found?.isEmpty ? {} : found?.config,
    environment: options.environment,
    flags: options.flags ?? {},
    resolvePath: (relative, from) =>
      resolve(from === 'file' && path !== undefined ? dirname(path) : options.directory, relative),
  });
  if ('faults' in result) throw new ConfigurationError(await describe(result.faults, path));
  const warnings = unknownVariables(options.environment);
  return { value: result.value, warnings, ...(path === undefined ? {} : { file: path }) };
}
