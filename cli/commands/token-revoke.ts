import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { settingsOption } from '../settings.ts';
import { revokeToken } from '../token-client.ts';

export const tokenRevokeCommand: Command = {
  name: 'token revoke',
  summary: 'have a token count no more, at once',
  arguments: 'NAME',
  options: settingsOption('cli', 'controller=https://HOST:7443'),
  async run(context, { positionals }) {
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0) throw new CommandError('token revoke takes one NAME', exitCodes.usage);
    await revokeToken(context, name);
    context.stdout.write(`revoked the token ${name}: it counts no more\n`);
    return exitCodes.ok;
  },
};
