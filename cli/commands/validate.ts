import { readWorkFile, type WorkTree } from '../../controller/publishing/authoring/work-tree.ts';
import { catalogueOf } from '../../controller/publishing/catalogue.ts';
import { judgeRelease } from '../../controller/publishing/check-release.ts';
import { releaseFile } from '../../controller/publishing/release-path.ts';
import { type Command, CommandError } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { absolutePath, repositoryOf } from '../repository.ts';
import { type JudgeTrust, validate } from '../validate-tree.ts';

/** Signed metadata, and the release files that it names, as they lie in the work tree. */
function judgeTrustOf(tree: WorkTree): JudgeTrust {
  return (files) => {
    const { catalogue, problems } = catalogueOf(files);
    const damaged = [...catalogue.values()].flatMap(
      (release) => judgeRelease(release, readWorkFile(tree, releaseFile(release))) ?? [],
    );
    return { catalogue, problems: [...problems, ...damaged] };
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
    const { output, exitCode } = validate(tree.disk, tree.directory, judgeTrustOf(tree), format);
    context.stdout.write(output);
    return exitCode;
  },
};
