import { resolve } from 'node:path';
import { DiskError } from '../../platform/ports.ts';
import { printable } from '../../platform/printable.ts';
import type { Receipt } from '../../schemas/generated/types.ts';
import { isReceipt } from '../../schemas/generated/validators/receipt.js';
import { receiptBytesMax } from '../../schemas/receipt.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { bringReceipt, type ControllerClient, openController } from '../controller-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { minuteOf } from '../render/quantities.ts';
import { settingsOption } from '../settings.ts';
import { whoOf, whoOption } from '../who.ts';

/** The receipt that a file has, or why it has none. */
function receiptIn({ disk, directory }: CommandContext, name: string): Receipt | string {
  const path = resolve(directory, name);
  let value: unknown;
  try {
    const { kind, bytes = 0 } = disk.stat(path) ?? {};
    if (kind !== 'file') return kind === undefined ? 'there is no such file' : 'it is no file';
    // Files of the kernel have no length, and may end never.
    const isOfSize = bytes > 0 && bytes <= receiptBytesMax;
    value = isOfSize ? JSON.parse(new TextDecoder().decode(disk.readFile(path))) : undefined;
  } catch (error) {
    if (error instanceof DiskError) return `it can't be read: ${error.message}`;
    if (!(error instanceof SyntaxError)) throw error;
  }
  return isReceipt(value) ? value : 'it is no receipt of this version: fleet agent receipts makes one';
}

/** Brings one, whose file may have any name; whether it was taken. */
async function bring(context: CommandContext, client: ControllerClient, who: string, name: string): Promise<boolean> {
  const receipt = receiptIn(context, name);
  const tell = (words: string): void => context.stdout.write(`${printable(`${name}: ${words}`)}\n`);
  if (typeof receipt === 'string') {
    tell(`refused: ${receipt}`);
    return false;
  }
  const outcome = await bringReceipt(client, { receipt, who });
  if (outcome.kind === 'refused') tell(`refused: ${outcome.message} (${outcome.code})`);
  else tell(`${outcome.device} as of ${minuteOf(outcome.madeAt)}`);
  return outcome.kind === 'taken';
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
    for (const name of args.positionals) if (!(await bring(context, client, who, name))) isRefused = true;
    return isRefused ? exitCodes.failed : exitCodes.ok;
  },
};
