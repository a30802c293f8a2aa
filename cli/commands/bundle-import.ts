import { resolve } from 'node:path';
import { printable } from '../../platform/printable.ts';
import { type BroughtMessages, bringAll } from '../bring-messages.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { bringReceipt } from '../controller-acts.ts';
import { type ControllerClient, openController } from '../controller-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { readReceiptFile } from '../receipt-file.ts';
import { minuteOf, plural } from '../render/quantities.ts';
import { settingsOption } from '../settings.ts';
import { whoOf, whoOption } from '../who.ts';

function wordsOf({ entries, messages }: BroughtMessages): string {
  const told = [
    ...(entries === 0 ? [] : [plural(entries, 'entry of its logbook', 'entries of its logbook')]),
    ...(messages === 0 ? [] : [plural(messages, 'message')]),
  ];
  return told.join(' and ');
}

/** Brings one, whose file may have any name; whether all of it was taken. */
async function bring(context: CommandContext, client: ControllerClient, who: string, name: string): Promise<boolean> {
  const file = readReceiptFile(context.disk, resolve(context.directory, name));
  const tell = (words: string): void => context.stdout.write(`${printable(`${name}: ${words}`)}\n`);
  if (typeof file === 'string') {
    tell(`refused: ${file}`);
    return false;
  }
  const { receipt, messages, brokenLine } = file;
  const outcome = await bringReceipt(client, { receipt, who });
  if (outcome.kind === 'refused') tell(`refused: ${outcome.message} (${outcome.code})`);
  const brought = await bringAll(client, messages, who);
  const words = wordsOf(brought);
  if (outcome.kind === 'taken')
    tell(`${outcome.device} as of ${minuteOf(outcome.madeAt)}${words && `, with ${words}`}`);
  else if (words !== '') tell(`${words} taken all the same`);
  for (const refusal of brought.refusals) tell(refusal);
  if (brokenLine !== undefined)
    tell(`line ${brokenLine} is damaged, and nothing behind it was taken: copy the file again`);
  return outcome.kind === 'taken' && brought.refusals.length === 0 && brokenLine === undefined;
}

export const bundleImportCommand: Command = {
  name: 'bundle import',
  summary: 'have the controller take what devices said, and have for the shore, in receipts that were carried by hand',
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
