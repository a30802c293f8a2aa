import { type Command, CommandError } from '../command.ts';
import { acceptRevision } from '../controller-acts.ts';
import { exitCodes } from '../exit-codes.ts';
import { settingsOption } from '../settings.ts';
import { bounded } from '../who.ts';

const whyLengthMax = 400;

export const sourceAcceptCommand: Command = {
  name: 'source accept',
  summary: 'let the controller take a commit that it holds back because its branch was rewritten',
  arguments: 'REV',
  options: {
    why: { type: 'string', short: 'm', value: 'TEXT', description: 'Why, for the audit.' },
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values }) {
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0) throw new CommandError('source accept takes one REV', exitCodes.usage);
    if (!/^[0-9a-f]{7,40}$/.test(name)) {
      const what = 'write the id of the commit, or at least 7 characters of it, as fleet status shows it';
      throw new CommandError(`${JSON.stringify(name)} names no commit; ${what}`, exitCodes.usage);
    }
    await acceptRevision(context, name, bounded(values.why ?? '', '--why', whyLengthMax));
    context.stdout.write(`accepted ${name}; the controller judges it now, fleet status tells what became of it\n`);
    return exitCodes.ok;
  },
};
