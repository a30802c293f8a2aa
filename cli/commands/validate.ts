import type { CataloguedRelease } from '../../controller/manifests/desired.ts';
import { readTrustFiles } from '../../controller/publishing/authoring/work-tree.ts';
import { catalogueOf } from '../../controller/publishing/catalogue.ts';
import { judgeRelease } from '../../controller/publishing/check-release.ts';
import { releaseFile } from '../../controller/publishing/release-path.ts';
import { type Command, CommandError } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { findFleetRepository } from '../fleet-repository.ts';
import { type LaidDirectory, layDirectory } from '../fleet-revision.ts';
import { findJudged, keepJudged } from '../judged-cache.ts';
import { fetchPublishedTrust, type PublishedTrust } from '../published-trust.ts';
import { absolutePath, repositoryOf } from '../repository.ts';
import { type JudgeTrust, type ValidateOptions, validate } from '../validate-tree.ts';

/** Signed metadata, and the release files that it names, as a commit would hold them, after what the controller published. */
function judgeTrustOf({ releaseBytes }: LaidDirectory, published: PublishedTrust, now: number): JudgeTrust {
  return (files) => {
    const { catalogue, problems, notes } = catalogueOf(files, published.files, now);
    const own = new Set(catalogueOf(files).catalogue.keys());
    // Releases that only the published metadata names are at the controller already.
    const damaged = [...catalogue].flatMap(([key, release]) =>
      own.has(key) ? (judgeRelease(release, releaseBytes(releaseFile(release))) ?? []) : [],
    );
    return { catalogue, problems: [...problems, ...damaged], notes };
  };
}

export const validateCommand: Command = {
  name: 'validate',
  summary: 'every problem of the manifests and releases in a work tree, committed or not',
  arguments: '[DIR]',
  options: { output: { type: 'string', short: 'o', value: 'json', description: 'The problems as JSON.' } },
  async run(context, args): Promise<ExitCode> {
    const [directory, ...rest] = args.positionals;
    const format = args.values.output ?? 'text';
    if (rest.length > 0) throw new CommandError('validate takes one directory at most', exitCodes.usage);
    if (format !== 'text' && format !== 'json') throw new CommandError(`-o ${format}: there is json`, exitCodes.usage);
    const tree =
      directory === undefined
        ? repositoryOf(context, args, 'fleet validate DIR')
        : { disk: context.disk, directory: absolutePath(context, directory) };
    const published = await fetchPublishedTrust(context, readTrustFiles(tree));
    await using repository = await findFleetRepository(context, tree.directory);
    // A folder of a work tree has its files at other paths.
    const known = repository?.top === tree.directory ? await findJudged(context, repository) : undefined;
    const laid = await layDirectory(context, tree.directory, repository, known);
    const judgeTrust = judgeTrustOf(laid, published, context.clock.now());
    const readModule = async (release: CataloguedRelease) => laid.releaseBytes(releaseFile(release));
    const options: ValidateOptions = { format, ...(known && { before: known.state }) };
    const { output, exitCode, state } = await validate(laid, judgeTrust, readModule, options);
    context.stdout.write(output);
    if (state !== undefined && repository !== undefined) await keepJudged(context, repository, laid, state);
    const { unknownBecause } = published;
    if (unknownBecause !== undefined) context.stderr.write(`judged without what was published: ${unknownBecause}\n`);
    return exitCode;
  },
};
