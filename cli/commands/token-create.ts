import { secondsOf } from '../../controller/manifests/duration.ts';
import type { TokenOrder, TokenScope } from '../../schemas/generated/types.ts';
import { type Command, CommandError, type ParsedArguments } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { settingsOption } from '../settings.ts';
import { makeToken } from '../token-client.ts';

const scopes: readonly TokenScope[] = ['view', 'operate', 'admin'];
const lifetimeDefault = '90d';
/** Ten years. */
const lifetimeSecondsMax = 315_360_000;

function scopeOf({ scope }: ParsedArguments['values']): TokenScope {
  const found = scopes.find((one) => one === scope);
  if (found !== undefined) return found;
  const seen = scope === undefined ? 'token create needs --scope' : `--scope ${scope}`;
  throw new CommandError(`${seen}: there is ${scopes.join(', ')}`, exitCodes.usage);
}

/** Empty for one that lasts until it is revoked. */
function lifetimeOf({ expires = lifetimeDefault }: ParsedArguments['values']): Pick<TokenOrder, 'lifetimeSeconds'> {
  if (expires === 'never') return {};
  const lifetimeSeconds = /^\d{1,6}[hd]$/.test(expires) ? secondsOf(expires) : 0;
  if (lifetimeSeconds > 0 && lifetimeSeconds <= lifetimeSecondsMax) return { lifetimeSeconds };
  throw new CommandError(`--expires ${expires}: write 12h, 90d, at most 3650d, or never`, exitCodes.usage);
}

function limitsOf({ fleet, site }: ParsedArguments['lists']): Pick<TokenOrder, 'fleets' | 'sites'> {
  return {
    ...(fleet === undefined ? {} : { fleets: fleet as [string, ...string[]] }),
    ...(site === undefined ? {} : { sites: site as [string, ...string[]] }),
  };
}

export const tokenCreateCommand: Command = {
  name: 'token create',
  summary: 'make a token of the API for somebody, or a program; its secret is shown once',
  arguments: 'NAME',
  options: {
    scope: {
      type: 'string',
      value: 'SCOPE',
      description: 'view; operate: acts on rollouts, carries by hand, too; admin: everything, tokens too.',
    },
    fleet: { type: 'string', multiple: true, value: 'NAME', description: 'Of this fleet only; as often as needed.' },
    site: { type: 'string', multiple: true, value: 'NAME', description: 'At this site only; as often as needed.' },
    expires: { type: 'string', value: '90d', description: 'When it ends: 12h, 90d (the default), never.' },
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values, lists }) {
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0) throw new CommandError('token create takes one NAME', exitCodes.usage);
    const order = { name, scope: scopeOf(values), ...limitsOf(lists), ...lifetimeOf(values) };
    const { secret, token } = await makeToken(context, order);
    const end = token.expiresAt === undefined ? 'it lasts until it is revoked' : `it ends ${token.expiresAt}`;
    // The secret alone on stdout, for a pipe.
    context.stderr.write(`made the token ${name}, ${end}; this is shown once, keep it:\n`);
    context.stdout.write(`${secret}\n`);
    return exitCodes.ok;
  },
};
