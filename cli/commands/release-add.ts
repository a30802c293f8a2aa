import { type AddedRelease, addRelease } from '../../controller/publishing/authoring/add-release.ts';
import { pullModule } from '../../controller/publishing/authoring/registry/pull-module.ts';
import { isReference, referenceText } from '../../controller/publishing/authoring/registry/reference.ts';
import {
  type DebugPart,
  type KeptDebug,
  type StrippedModule,
  stripDebug,
} from '../../controller/publishing/authoring/strip-debug.ts';
import { readWorkFile, type WorkTree } from '../../controller/publishing/authoring/work-tree.ts';
import { type ReleaseName, releaseFile } from '../../controller/publishing/release-path.ts';
import { DiskError } from '../../platform/ports.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { asked, referenceOf, registryPorts } from '../registry.ts';
import { bytes as byteCount } from '../render/quantities.ts';
import { absolutePath, announceOn, repositoryOf, repositoryOption } from '../repository.ts';
import { signing } from '../signing.ts';

/** What became of the release, in words. */
export function addReport(name: ReleaseName, release: AddedRelease, notes: readonly string[] = []): string {
  const title = `${name.name} ${name.version}`;
  const facts = `${release.kind}, ${byteCount(release.length)}, sha256 ${release.sha256.slice(0, 12)}…`;
  const imports = release.imports.length === 0 ? 'imports nothing' : `imports from ${release.imports.join(', ')}`;
  const lines = [`${title} ${release.added ? 'is' : 'was already'} ${releaseFile(name)}: ${facts}, ${imports}`];
  lines.push(...notes);
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

function debugList(parts: readonly DebugPart[]): string {
  return parts.map(({ what, bytes }) => `${byteCount(bytes)} of ${what}`).join(', ');
}

/** What became of debug information, in words; nothing where there was none. */
export function debugReport({ taken, left, symbols }: StrippedModule, isLinked: boolean): string[] {
  const why = isLinked ? 'by their names alone devices tell the functions of linked modules apart' : 'as you wish';
  return [
    ...(taken.length === 0 ? [] : [`taken off, for nothing on a device reads it: ${debugList(taken)}`]),
    ...(symbols === undefined ? [] : ['what its functions are called is kept beside it, for `fleet why`']),
    ...(left.length === 0 ? [] : [`travels to every device, ${why}: ${debugList(left)}`]),
  ];
}

/** What is added: the file without debug information, unless it was released with it before. */
function prepared(tree: WorkTree, name: ReleaseName, { bytes }: Taken, kept: KeptDebug): StrippedModule {
  const before = readWorkFile(tree, releaseFile(name));
  const isKnown = before !== undefined && Buffer.compare(before, bytes) === 0;
  return stripDebug(bytes, isKnown ? 'all' : kept);
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
    'keep-names': {
      type: 'boolean',
      description:
        'Leave the names of functions and all other debug information in the file: it travels to every device.',
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
    const kept = args.flags.has('keep-names') ? 'all' : isLinked ? 'names' : 'nothing';
    const module = prepared(tree, { name, version }, taken, kept);
    const added = await signing(context, tree, (known) =>
      addRelease(known, {
        name,
        version,
        ...taken,
        ...module,
        isLinked,
        random,
        now: clock.now(),
        announce: announceOn(context),
      }),
    );
    const notes = [
      ...(taken.origin === undefined ? [] : [`taken from ${taken.origin}`]),
      ...debugReport(module, kept === 'names'),
    ];
    context.stdout.write(addReport({ name, version }, added, notes));
    return exitCodes.ok;
  },
};
