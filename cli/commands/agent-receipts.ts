import { resolve } from 'node:path';
import { writeReceipt } from '../../device-agent/command/receipts.ts';
import { printableLines } from '../../platform/printable.ts';
import { agentSocket, agentSocketOptions } from '../agent-socket.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

export const agentReceiptsCommand: Command = {
  name: 'agent receipts',
  summary: 'write what the agent on this machine says and has for the shore, signed, into a file to carry by hand',
  arguments: '',
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', description: 'The file that is made or replaced.' },
    ...agentSocketOptions,
  },
  async run(context, args) {
    const { output } = args.values;
    if (output === undefined) throw new CommandError('agent receipts needs -o FILE', exitCodes.usage);
    const file = resolve(context.directory, output);
    context.stdout.write(printableLines(await writeReceipt(context, await agentSocket(context, args), file)));
    return exitCodes.ok;
  },
};
