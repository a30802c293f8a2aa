import { resolve } from 'node:path';
import { takeCarried } from '../../device-agent/command/carried.ts';
import { printable } from '../../platform/printable.ts';
import { agentSocket, agentSocketOptions } from '../agent-socket.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

export const agentCarriedCommand: Command = {
  name: 'agent carried',
  summary: 'have the agent on this machine take the bundles of a directory, such as a stick, and leave a receipt there',
  arguments: 'DIRECTORY',
  options: agentSocketOptions,
  async run(context, args) {
    const [directory, ...rest] = args.positionals;
    if (directory === undefined || rest.length > 0)
      throw new CommandError('agent carried takes one DIRECTORY', exitCodes.usage);
    const print = (line: string): void => void context.stdout.write(`${printable(line)}\n`);
    const socket = await agentSocket(context, args);
    const isWell = await takeCarried({ ...context, print }, socket, resolve(context.directory, directory));
    return isWell ? exitCodes.ok : exitCodes.failed;
  },
};
