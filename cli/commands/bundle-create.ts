import { resolve } from 'node:path';
import { printable } from '../../platform/printable.ts';
import { isTakenFile, leaseDaysMax } from '../../schemas/bundle-file.ts';
import type { BundleOrder } from '../../schemas/generated/types.ts';
import { requireBundlePlace, statementIn, writeBundle } from '../bundle-writer.ts';
import { type Command, type CommandContext, CommandError, type ParsedArguments } from '../command.ts';
import { orderBundle } from '../controller-acts.ts';
import { openController } from '../controller-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { listed } from '../render/listed.ts';
import { bytes, minuteOf, plural } from '../render/quantities.ts';
import { settingsOption } from '../settings.ts';
import { whoOf, whoOption } from '../who.ts';

/** A voyage out, and some more. */
const daysUsual = 30;

const namedMax = 4;

function usage(message: string): CommandError {
  return new CommandError(message, exitCodes.usage);
}

function daysOf({ values: { days } }: ParsedArguments): number {
  if (days === undefined) return daysUsual;
  if (/^[1-9]\d?$/.test(days) && Number(days) <= leaseDaysMax) return Number(days);
  throw usage(`--days takes a number from 1 to ${leaseDaysMax}, not ${days}`);
}

function orderOf(context: CommandContext, args: ParsedArguments): BundleOrder {
  const { site, device } = args.values;
  if ((site === undefined) === (device === undefined)) throw usage('bundle create needs --site NAME or --device NAME');
  const whom = site === undefined ? { device: device! } : { site };
  const name = site ?? device!;
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
    throw usage(`nothing is named "${name}": names have lower-case letters, digits and dashes, 63 characters at most`);
  return { ...whom, days: daysOf(args), who: whoOf(context, args) };
}

export const bundleCreateCommand: Command = {
  name: 'bundle create',
  summary: 'write what devices are offered, and all they lack for it, into a file to carry to them by hand',
  arguments: '',
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', description: 'The file that is made or replaced.' },
    site: { type: 'string', value: 'NAME', description: 'For all devices of this site.' },
    device: { type: 'string', value: 'NAME', description: 'For this device alone.' },
    days: {
      type: 'string',
      value: 'N',
      description: `For so long devices may install it: ${daysUsual} without it, ${leaseDaysMax} at most.`,
    },
    as: whoOption,
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, args) {
    const { output } = args.values;
    if (output === undefined || args.positionals.length > 0) throw usage('bundle create needs -o FILE');
    const order = orderOf(context, args);
    const file = resolve(context.directory, output);
    // Before the controller prepares what has no place.
    requireBundlePlace(context.disk, file);
    const client = await openController(context);
    const answer = await orderBundle(client, order);
    const length = await writeBundle(context.disk, file, answer, client, context.signal);
    const { deployments, notAfter, files } = statementIn(answer);
    const whom = listed(
      deployments.map(({ device, sequence }) => `${device} (deployment ${sequence})`),
      namedMax,
    );
    const { stdout } = context;
    stdout.write(
      `${printable(output)} has ${bytes(length)} for ${whom}; it may be installed until ${minuteOf(notAfter)}.\n`,
    );
    const told = files.filter(({ name }) => isTakenFile(name)).length;
    if (told > 0)
      stdout.write(`It tells ${plural(told, 'device')} what the shore has of their messages: they need not keep it.\n`);
    if (answer.left.length > 0)
      stdout.write(`Nothing is offered now to ${listed(answer.left, namedMax)}: fleet why says why not.\n`);
    return exitCodes.ok;
  },
};
