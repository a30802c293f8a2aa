import type { TokenStatus } from '../../schemas/generated/types.ts';
import { type Command, CommandError, cutWidth } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { minuteOf } from '../render/quantities.ts';
import { table } from '../render/table.ts';
import { wantsJson } from '../rollout-target.ts';
import { settingsOption } from '../settings.ts';
import { fetchTokens } from '../token-client.ts';

const heads = ['NAME', 'SCOPE', 'OF', 'STATE', 'ENDS', 'LAST USED', 'MADE BY'];

function limitsOf({ fleets = [], sites = [] }: TokenStatus): string {
  const all = [...fleets.map((name) => `fleet/${name}`), ...sites.map((name) => `site/${name}`)];
  return all.length === 0 ? 'all' : all.join(' ');
}

function endOf({ revokedAt, expiresAt }: TokenStatus): string {
  const end = revokedAt ?? expiresAt;
  return end === undefined ? 'never' : minuteOf(end);
}

function cellsOf(token: TokenStatus): readonly string[] {
  const { name, scope, state, usedOn = '-', madeBy } = token;
  return [name, scope, limitsOf(token), state, endOf(token), usedOn, madeBy];
}

export const tokenListCommand: Command = {
  name: 'token list',
  summary: 'the tokens of the API, and when each was used last',
  arguments: '',
  options: {
    output: {
      ...{ type: 'string', short: 'o', value: 'json' },
      description: 'As JSON: a list of what is TokenStatus in schemas/token-list.schema.json.',
    },
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values }) {
    if (positionals.length > 0) throw new CommandError('token list takes no argument', exitCodes.usage);
    const isJson = wantsJson(values);
    const tokens = await fetchTokens(context);
    const { stdout } = context;
    if (isJson) stdout.write(`${JSON.stringify(tokens, undefined, 2)}\n`);
    else if (tokens.length === 0)
      stdout.write('there is no token but the one that the controller made: token create\n');
    else stdout.write(table(heads, tokens.map(cellsOf), cutWidth(stdout)));
    return exitCodes.ok;
  },
};
