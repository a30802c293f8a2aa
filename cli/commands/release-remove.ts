import { removeRelease } from '../../controller/publishing/authoring/remove-release.ts';
import { catalogueOf } from '../../controller/publishing/catalogue.ts';
import type { ReleaseName } from '../../controller/publishing/release-path.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { layFiles } from '../fleet-revision.ts';
import { announceOn, repositoryOf, repositoryOption } from '../repository.ts';
import { signing } from '../signing.ts';
import { validateTree } from '../validate-tree.ts';
import { readWorkingTree, type TreeSnapshot } from '../working-tree.ts';

/** Throws unless the tree is right, and right without the release too: a file that can't be read may name it. */
export async function requireUnnamed(snapshot: TreeSnapshot, { name, version }: ReleaseName): Promise<void> {
  const { catalogue, problems } = catalogueOf(snapshot.tree);
  const laid = layFiles(snapshot);
  const now = await validateTree(laid, () => ({ catalogue, problems }));
  if (now.state === undefined) {
    const { file, code } = now.problems[0]!;
    const message = `who names ${name} ${version} can't be told while the manifests are wrong (${file}: ${code}): see to what \`fleet validate\` says`;
    throw new CommandError(`${message}. Nothing was removed`);
  }
  const without = new Map([...catalogue].filter(([key]) => key !== `${name}/${version}`));
  const then = await validateTree(laid, () => ({ catalogue: without, problems: [] }));
  if (then.problems.length === 0) return;
  const places = then.problems.map(({ file, line }) => (line === undefined ? file : `${file}:${line}`));
  throw new CommandError(
    `${name} ${version} is still named by ${places.join(', ')}: name another release there first. Nothing was removed`,
  );
}

export const releaseRemoveCommand: Command = {
  name: 'release remove',
  summary: 'take a release that no manifest names out of the repository, and sign that',
  arguments: 'NAME VERSION',
  options: repositoryOption,
  async run(context, args) {
    const [name, version, ...rest] = args.positionals;
    if (name === undefined || version === undefined || rest.length > 0) {
      throw new CommandError('release remove takes NAME VERSION', exitCodes.usage);
    }
    const tree = repositoryOf(context, args);
    await requireUnnamed(readWorkingTree(tree.disk, tree.directory), { name, version });
    const { clock } = context;
    const removal = { name, version, now: clock.now(), announce: announceOn(context) };
    await signing(context, tree, (known) => removeRelease(known, removal));
    context.stdout.write(`${name} ${version} is no release any more; devices that run it go on\n`);
    return exitCodes.ok;
  },
};
