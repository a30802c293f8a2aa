import { type AddedRelease, addRelease } from '../../controller/publishing/authoring/add-release.ts';
import { pullModule } from '../../controller/publishing/authoring/registry/pull-module.ts';
import { isReference, referenceText } from '../../controller/publishing/authoring/registry/reference.ts';
import { type ReleaseName, releaseFile } from '../../controller/publishing/release-path.ts';
import { DiskError } from '../../platform/ports.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { asked, referenceOf, registryPorts } from '../registry.ts';
import { bytes as byteCount } from '../render/quantities.ts';
import { absolutePath, announceOn, repositoryOf, repositoryOption } from '../repository.ts';
import { signing } from '../signing.ts';

/** What became of the release, in words. */
export function addReport(name: ReleaseName, release: AddedRelease, origin?: string): string {
  const title = `${name.name} ${name.version}`;
  const facts = `${release.kind}, ${byteCount(release.length)}, sha256 ${release.sha256.slice(0, 12)}…`;
  const imports = release.imports.length === 0 ? 'imports nothing' : `imports from ${release.imports.join(', ')}`;
  const lines = [`${title} ${release.added ? 'is' : 'was already'} ${releaseFile(name)}: ${facts}, ${imports}`];
  if (origin !== undefined) lines.push(`taken from ${origin}`);
  if (release.delegated) lines.push(`its role trust/roles/${name.name}.json was delegated; keep its key safe`);
  if (!release.signed) lines.push(`it is not signed: run \`fleet release sign ${name.name}\` where the release key is`);
  return `${lines.join('\n')}\n`;
}

/** What is to become a release, and what a registry calls it, where it lies in one. */
interface Taken {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly origin?: string;
}

async function take(context: CommandContext, file: string): Promise<Taken> {
  if (!isReference(file)) return { file, bytes: readFile(context, absolutePath(context, file)) };
  const wanted = await referenceOf(file);
  const { bytes, reference } = await asked(() => pullModule(registryPorts(context, wanted), wanted));
  const origin = referenceText(reference);
  return { bytes, file: origin, origin };
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
  summary: 'take a Wasm file, or one in a registry, into the repository as a signed release',
  arguments: 'FILE|oci://…',
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
      throw new CommandError(
        'release add takes FILE or oci://HOST/PATH:TAG, --name NAME --version VERSION',
        exitCodes.usage,
      );
    }
    const { random, clock } = context;
    const isLinked = args.flags.has('linked');
    const tree = repositoryOf(context, args);
    const taken = await take(context, file);
    const added = await signing(context, tree, (known) =>
      addRelease(known, {
        name,
        version,
        ...taken,
        isLinked,
        random,
        now: clock.now(),
        announce: announceOn(context),
      }),
    );
    context.stdout.write(addReport({ name, version }, added, taken.origin));
    return exitCodes.ok;
  },
};
