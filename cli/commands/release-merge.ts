import { type MergedTrust, mergeTrust } from '../../controller/publishing/authoring/merge-trust.ts';
import { mergeCommits } from '../../controller/source/merge-sides.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { openFleetRepository } from '../fleet-repository.ts';
import { findCommit, openCommit } from '../fleet-revision.ts';
import { announceOn, repositoryOf, repositoryOption } from '../repository.ts';
import { signing } from '../signing.ts';

/** What was merged, and what is left to do, in words. */
export function mergeReport({ files, unsigned }: MergedTrust): string {
  const next = 'see to the files below releases/, then: git add trust releases, and go on with the merge';
  const missing =
    unsigned.length === 0
      ? ''
      : `not signed by enough keys: ${unsigned.join(', ')}; run \`fleet release sign ${unsigned.join(' ')}\` where they are\n`;
  return `merged ${files.join(', ')}\n${missing}${next}\n`;
}

export const releaseMergeCommand: Command = {
  name: 'release merge',
  summary: 'settle a merge conflict in trust/: unite what both sides signed, and sign that',
  arguments: '[THEIRS]',
  options: repositoryOption,
  async run(context, args) {
    const [theirs, ...rest] = args.positionals;
    if (rest.length > 0) throw new CommandError('release merge takes one commit at most', exitCodes.usage);
    const tree = repositoryOf(context, args);
    const commits = await mergeCommits(context.gitFiles, tree.directory, theirs);
    if (commits === undefined) {
      throw new CommandError(`git merges nothing in ${tree.directory} now; name the other side: release merge THEIRS`);
    }
    await using repository = await openFleetRepository(context, tree.directory);
    const [ours, other] = [
      await openCommit(context, repository, commits.ours),
      await openCommit(context, repository, commits.theirs),
    ];
    const base = commits.base === undefined ? undefined : await findCommit(context, repository, commits.base);
    const { isBack = false } = commits;
    const sides = { base: base?.trust, ours: ours.trust, theirs: other.trust, isBack };
    const options = { now: context.clock.now(), announce: announceOn(context) };
    const merged = await signing(context, tree, (known) => mergeTrust(known, sides, options));
    context.stdout.write(mergeReport(merged));
    return merged.unsigned.length === 0 ? exitCodes.ok : exitCodes.failed;
  },
};
