import { readRelease } from '../../controller/publishing/authoring/read-release.ts';
import { pushModule } from '../../controller/publishing/authoring/registry/push-module.ts';
import { type Reference, referenceText } from '../../controller/publishing/authoring/registry/reference.ts';
import { parseTargetPath, type ReleaseName } from '../../controller/publishing/release-path.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { asked, referenceOf, registryPorts } from '../registry.ts';
import { authored, repositoryOf, repositoryOption } from '../repository.ts';

/** The reference with a tag: the version, where none is said. */
function tagged(reference: Reference, { version }: ReleaseName): Reference & { readonly tag: string } {
  const { sha256, tag = version } = reference;
  if (sha256 !== undefined)
    throw new CommandError('release push takes a tag, no digest: that comes of what is put there', exitCodes.usage);
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(tag)) return { ...reference, tag };
  throw new CommandError(`${tag} can't be a tag (no + there): write another one: ${referenceText(reference)}:TAG`);
}

export const releasePushCommand: Command = {
  name: 'release push',
  summary: 'put a release into a registry, as Wasm modules lie there',
  arguments: 'NAME/VERSION oci://HOST/PATH[:TAG]',
  options: {
    ...repositoryOption,
    'move-tag': { type: 'boolean', description: 'The tag may mean something else so far.' },
  },
  async run(context, args) {
    const [title, target, ...rest] = args.positionals;
    const release = title === undefined ? undefined : parseTargetPath(`${title}.wasm`);
    if (release === undefined || target === undefined || rest.length > 0)
      throw new CommandError('release push takes NAME/VERSION oci://HOST/PATH[:TAG]', exitCodes.usage);
    const reference = tagged(await referenceOf(target), release);
    const tree = repositoryOf(context, args);
    const module = authored(() => readRelease(tree, release));
    const annotations = {
      'org.opencontainers.image.title': release.name,
      'org.opencontainers.image.version': release.version,
    };
    const pushed = { module, reference, annotations, movesTag: args.flags.has('move-tag') };
    const there = await asked(() => pushModule(registryPorts(context, reference), pushed));
    context.stdout.write(`${release.name} ${release.version} is ${referenceText(there)}\n`);
    return exitCodes.ok;
  },
};
