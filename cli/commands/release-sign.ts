import { type SigningState, signMetadata } from '../../controller/publishing/authoring/sign-metadata.ts';
import { type Command, cutWidth } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { table } from '../render/table.ts';
import { authored, repositoryOf, repositoryOption } from '../repository.ts';

/** A line a file, with how many signatures it has of those it needs. */
export function signReport(states: readonly SigningState[], columns: number): string {
  const rows = states.map(({ path, version, expires, added, signatures, threshold }) => [
    path,
    String(version),
    expires,
    `${signatures} of ${threshold}`,
    added === 0 ? '-' : `+${added}`,
  ]);
  return table(['FILE', 'VERSION', 'EXPIRES', 'SIGNATURES', 'NEW'], rows, columns);
}

export const releaseSignCommand: Command = {
  name: 'release sign',
  summary: 'sign what the keys on this machine can sign',
  arguments: '',
  options: {
    ...repositoryOption,
    renew: { type: 'boolean', description: 'Also give all of it a new version that expires later.' },
  },
  async run(context, args) {
    const tree = repositoryOf(context, args);
    const states = authored(() => signMetadata(tree, { now: context.clock.now(), renew: args.flags.has('renew') }));
    context.stdout.write(signReport(states, cutWidth(context.stdout)));
    const isComplete = states.every(({ signatures, threshold }) => signatures >= threshold);
    if (!isComplete) context.stderr.write('signatures are missing: run this where the other keys are\n');
    return isComplete ? exitCodes.ok : exitCodes.failed;
  },
};
