import { type Verification, verifyRepository } from '../../controller/publishing/authoring/verify-repository.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderProblem } from '../render/problems.ts';
import { authored, repositoryOf, repositoryOption } from '../repository.ts';

/** Every problem with its file, or what was found right. */
export function verifyReport({ problems, releases }: Verification): string {
  if (problems.length > 0) return `${problems.map(renderProblem).join('\n')}\n`;
  const counted = `${releases} ${releases === 1 ? 'release' : 'releases'}`;
  return `${counted}: signatures, thresholds, expiry, lengths and digests are right\n`;
}

export const releaseVerifyCommand: Command = {
  name: 'release verify',
  summary: 'check every signature, expiry and release file of the repository',
  arguments: '',
  options: repositoryOption,
  async run(context, args) {
    const tree = repositoryOf(context, args);
    const verification = authored(() => verifyRepository(tree, context.clock.now()));
    context.stdout.write(verifyReport(verification));
    return verification.problems.length === 0 ? exitCodes.ok : exitCodes.failed;
  },
};
