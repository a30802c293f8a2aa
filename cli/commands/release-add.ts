import { type AddedRelease, addRelease } from '../../controller/publishing/authoring/add-release.ts';
import { type ReleaseName, releaseFile } from '../../controller/publishing/release-path.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { debugReport, prepared, sbomOf, take } from '../module-to-add.ts';
import { bytes as byteCount } from '../render/quantities.ts';
import { announceOn, authored, repositoryOf, repositoryOption } from '../repository.ts';
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
    sbom: {
      type: 'string',
      value: 'FILE',
      description: 'What it is made of, as CycloneDX or SPDX has it in JSON; without it what the module itself says.',
    },
    optimize: {
      type: 'boolean',
      description:
        "Let Binaryen's wasm-opt, which has to be here, make it smaller; for all releases of an application or none.",
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
    const preparation = { kept, isOptimized: args.flags.has('optimize') } as const;
    const { notes: making, ...module } = await prepared(context, [tree, { name, version }], taken, preparation);
    const { sbom, notes } = authored(() => sbomOf(context, args.values.sbom, { name, version }, taken.bytes));
    const added = await signing(context, tree, (known) =>
      addRelease(known, {
        name,
        version,
        ...taken,
        ...module,
        ...(sbom === undefined ? {} : { sbom }),
        isLinked,
        random,
        now: clock.now(),
        announce: announceOn(context),
      }),
    );
    const lines = [
      ...(taken.origin === undefined ? [] : [`taken from ${taken.origin}`]),
      ...debugReport(module, kept === 'names'),
      ...making,
      ...notes,
    ];
    context.stdout.write(addReport({ name, version }, added, lines));
    return exitCodes.ok;
  },
};
