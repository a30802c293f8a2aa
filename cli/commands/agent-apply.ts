import { resolve } from 'node:path';
import { applyBundle } from '../../device-agent/command/apply.ts';
import { printableLines } from '../../platform/printable.ts';
import { agentSocket, agentSocketOptions } from '../agent-socket.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

export const agentApplyCommand: Command = {
  name: 'agent apply',
  summary: 'have the agent on this machine take a bundle, without a network',
  arguments: 'FILE',
  options: agentSocketOptions,
  async run(context, args) {
    const [file, ...rest] = args.positionals;
    if (file === undefined || rest.length > 0) throw new CommandError('agent apply takes one FILE', exitCodes.usage);
    const socket = await agentSocket(context, args);
    context.stdout.write(printableLines(await applyBundle(context, socket, resolve(context.directory, file))));
    return exitCodes.ok;
  },
};
