import { resolve } from 'node:path';
import type { Receipt } from '../../schemas/generated/types.ts';
import { isReceipt } from '../../schemas/generated/validators/receipt.js';
import { receiptBytesMax } from '../../schemas/receipt.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { bringReceipt, openController } from '../controller-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { minuteOf } from '../render/quantities.ts';
import { settingsOption } from '../settings.ts';
import { whoOf, whoOption } from '../who.ts';

function receiptIn({ disk, directory }: CommandContext, name: string): Receipt {
  const path = resolve(directory, name);
  const { kind, bytes = 0 } = disk.stat(path) ?? {};
  if (kind !== 'file') throw new CommandError(`there is no file ${name}`);
  let value: unknown;
  try {
    value = bytes > receiptBytesMax ? undefined : JSON.parse(new TextDecoder().decode(disk.readFile(path)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!isReceipt(value))
    throw new CommandError(`${name} is no receipt of this version: fleet agent receipts makes one`);
  return value;
}

export const bundleImportCommand: Command = {
  name: 'bundle import',
  summary: 'have the controller take what devices said of themselves in receipts that were carried by hand',
  arguments: 'FILE...',
  options: { as: whoOption, ...settingsOption('cli', 'controller=https://HOST:7443') },
  async run(context, args) {
    if (args.positionals.length === 0) throw new CommandError('bundle import takes FILE...', exitCodes.usage);
    const who = whoOf(context, args);
    const client = await openController(context);
    let isRefused = false;
    for (const name of args.positionals) {
      const outcome = await bringReceipt(client, { receipt: receiptIn(context, name), who });
      isRefused ||= outcome.kind === 'refused';
      const words =
        outcome.kind === 'refused'
          ? `refused: ${outcome.message} (${outcome.code})`
          : `${outcome.device} as of ${minuteOf(outcome.madeAt)}`;
      context.stdout.write(`${name}: ${words}\n`);
    }
    return isRefused ? exitCodes.failed : exitCodes.ok;
  },
};
