import { type MadeTrust, makeTrust } from '../../controller/publishing/authoring/make-trust.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { authored, newRepositoryOf, repositoryOption } from '../repository.ts';

function countOf(text: string | undefined, option: string): number {
  if (text === undefined) return 1;
  if (!/^[1-9]\d?$/.test(text)) throw new CommandError(`--${option} must be a number from 1 to 99`, exitCodes.usage);
  return Number(text);
}

/** What was made, and what to do with it, in words. */
export function keysReport({ keyFiles, trustFiles }: MadeTrust, directory: string): string {
  return `in ${directory}
made ${trustFiles.join(', ')}: commit them
made keys, which git ignores:
${keyFiles.map((file) => `  ${file}\n`).join('')}Move .fleet/keys/offline to a safe place and keep a copy; the controller needs .fleet/keys/online.
`;
}

export const keysInitCommand: Command = {
  name: 'keys init',
  summary: 'make the keys and the first signed metadata of a repository',
  arguments: '',
  options: {
    repository: {
      ...repositoryOption.repository!,
      description: 'Where to make them, unless it is here.',
    },
    'root-keys': { type: 'string', value: 'N', description: 'How many root keys to make; 1 unless given.' },
    'root-threshold': { type: 'string', value: 'M', description: 'How many of them must sign a root; 1 unless given.' },
  },
  async run(context, args) {
    const rootKeys = countOf(args.values['root-keys'], 'root-keys');
    const rootThreshold = countOf(args.values['root-threshold'], 'root-threshold');
    if (rootThreshold > rootKeys) {
      throw new CommandError(`${rootThreshold} of ${rootKeys} root keys can never sign`, exitCodes.usage);
    }
    const { random, clock } = context;
    const tree = newRepositoryOf(context, args);
    const made = authored(() => makeTrust(tree, { random, now: clock.now(), rootKeys, rootThreshold }));
    context.stdout.write(keysReport(made, tree.directory));
    return exitCodes.ok;
  },
};
