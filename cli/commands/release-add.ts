import { type AddedRelease, addRelease } from '../../controller/publishing/authoring/add-release.ts';
import { type ReleaseName, releaseFile } from '../../controller/publishing/release-path.ts';
import { DiskError } from '../../platform/ports.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { bytes as byteCount } from '../render/quantities.ts';
import { absolutePath, announceOn, repositoryOf, repositoryOption } from '../repository.ts';
import { signing } from '../signing.ts';

/** What became of the release, in words. */
export function addReport(name: ReleaseName, release: AddedRelease): string {
  const title = `${name.name} ${name.version}`;
  const facts = `${release.kind}, ${byteCount(release.length)}, sha256 ${release.sha256.slice(0, 12)}…`;
  const imports = release.imports.length === 0 ? 'imports nothing' : `imports from ${release.imports.join(', ')}`;
  const lines = [`${title} ${release.added ? 'is' : 'was already'} ${releaseFile(name)}: ${facts}, ${imports}`];
  if (release.delegated) lines.push(`its role trust/roles/${name.name}.json was delegated; keep its key safe`);
  if (!release.signed) lines.push(`it is not signed: run \`fleet release sign ${name.name}\` where the release key is`);
  return `${lines.join('\n')}\n`;
}

function readFile({ disk }: CommandContext, path: string): Uint8Array {
  try {
    return disk.readFile(path);
  } catch (error) {
    if (error instanceof DiskError) throw new CommandError(`cannot read ${error.message}`);
    throw error;
  }
}

export const releaseAddCommand: Command = {
  name: 'release add',
  summary: 'take a Wasm file into the repository as a signed release',
  arguments: 'FILE',
  options: {
    ...repositoryOption,
    name: { type: 'string', value: 'NAME', description: 'The application.' },
    version: { type: 'string', value: 'VERSION', description: 'The version; it never changes its content.' },
    linked: {
      type: 'boolean',
      description: 'It imports from other modules or is imported by them, as spec.links says.',
    },
  },
  async run(context, args) {
    const [file, ...rest] = args.positionals;
    const { name, version } = args.values;
    if (file === undefined || rest.length > 0 || name === undefined || version === undefined) {
      throw new CommandError('release add takes FILE --name NAME --version VERSION', exitCodes.usage);
    }
    const { random, clock } = context;
    const isLinked = args.flags.has('linked');
    const bytes = readFile(context, absolutePath(context, file));
    const tree = repositoryOf(context, args);
    const added = await signing(context, tree, (known) =>
      addRelease(known, {
        name,
        version,
        bytes,
        file,
        isLinked,
        random,
        now: clock.now(),
        announce: announceOn(context),
      }),
    );
    context.stdout.write(addReport({ name, version }, added));
    return exitCodes.ok;
  },
};
