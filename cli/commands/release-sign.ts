import { type SigningState, signMetadata } from '../../controller/publishing/authoring/sign-metadata.ts';
import { type Command, CommandError, cutWidth } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { table } from '../render/table.ts';
import { announceOn, repositoryOf, repositoryOption } from '../repository.ts';
import { signing } from '../signing.ts';

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

/** What may be signed here and was not asked for. */
function unsignedHint(states: readonly SigningState[]): string {
  const unsigned = states.filter(({ signatures, threshold }) => signatures < threshold).map(({ role }) => role);
  return unsigned.length === 0
    ? 'nothing was asked for: name what to sign, or --all\n'
    : `nothing was signed: \`fleet release sign ${unsigned.join(' ')}\` does, where the keys are\n`;
}

export const releaseSignCommand: Command = {
  name: 'release sign',
  summary: 'sign what you name, with the keys on this machine; without names, show what lacks signatures',
  arguments: '[root | targets | APPLICATION ...]',
  options: {
    ...repositoryOption,
    all: { type: 'boolean', description: 'Everything that the keys here can sign.' },
    renew: { type: 'boolean', description: 'Give what is signed a new version that expires later.' },
  },
  async run(context, args) {
    const { positionals, flags } = args;
    if (flags.has('all') && positionals.length > 0) throw new CommandError('name roles or --all', exitCodes.usage);
    const tree = repositoryOf(context, args);
    const states = await signing(context, tree, (known) =>
      signMetadata(known, {
        now: context.clock.now(),
        renew: flags.has('renew'),
        roles: flags.has('all') ? 'all' : positionals,
        announce: announceOn(context),
      }),
    );
    context.stdout.write(signReport(states, cutWidth(context.stdout)));
    const isComplete = states.every(({ signatures, threshold }) => signatures >= threshold);
    if (!flags.has('all') && positionals.length === 0) context.stderr.write(unsignedHint(states));
    else if (!isComplete) context.stderr.write('signatures are missing: run this where the other keys are\n');
    return isComplete ? exitCodes.ok : exitCodes.failed;
  },
};
