/** The files of the modules that a manifest names, for `fleet run --app`. */

import { posix } from 'node:path';
import { linkedReleases } from '../controller/manifests/linked-releases.ts';
import { type ReleaseName, releaseFile } from '../controller/publishing/release-path.ts';
import type { LinkedModule } from '../schemas/generated/types.ts';
import { sha256Hex } from '../schemas/sha256.ts';
import { type CommandContext, CommandError, type ParsedArguments } from './command.ts';
import { applicationIn, type ManifestFile } from './deployed-application.ts';
import { exitCodes } from './exit-codes.ts';
import { absolutePath } from './repository.ts';

/** A module with the file that it lies in. */
export interface ModuleFile extends LinkedModule {
  readonly modulePath: string;
}

/** The application's own module, which may be named instead of looked up, and those that its manifest links. */
export interface ApplicationFiles {
  readonly own: ModuleFile;
  readonly links: ReadonlyMap<string, ModuleFile>;
}

/** Finds and reads the modules of the application; throws `CommandError` where a release is not there. */
export function applicationFiles(
  context: CommandContext,
  { positionals }: ParsedArguments,
  file: ManifestFile,
): ApplicationFiles {
  const [named, ...rest] = positionals;
  if (rest.length > 0) throw new CommandError('with --app, arguments stand in the manifest', exitCodes.usage);
  const { metadata, spec } = applicationIn(file);
  const own = { name: metadata.name, version: spec.release };
  const find = (release: ReleaseName): string => {
    const path = pathOf(context, release, file);
    if (path !== undefined) return path;
    const how = release === own ? ': name the module, fleet run --app … FILE.wasm' : '';
    throw new CommandError(`no ${releaseFile(release)} lies beside or above ${file.path}${how}`);
  };
  const links = linkedReleases(spec).map(({ link, ...release }): [string, ModuleFile] => {
    return [link, moduleFile(context, release, find(release))];
  });
  return {
    own: moduleFile(context, own, named === undefined ? find(own) : absolutePath(context, named)),
    links: new Map(links),
  };
}

function pathOf({ disk }: CommandContext, release: ReleaseName, file: ManifestFile): string | undefined {
  const path = releaseFile(release);
  for (let above = posix.dirname(file.path); above !== '/'; above = posix.dirname(above)) {
    if (disk.stat(`${above}/${path}`) !== undefined) return `${above}/${path}`;
  }
  return undefined;
}

function moduleFile({ disk }: CommandContext, release: ReleaseName, modulePath: string): ModuleFile {
  const bytes = disk.readFile(modulePath);
  return { ...release, sha256: sha256Hex(bytes), length: bytes.length, modulePath };
}
