import { wakeAgent } from '../../device-agent/command/wake.ts';
import { agentSocket, agentSocketOptions } from '../agent-socket.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

export const agentWakeCommand: Command = {
  name: 'agent wake',
  summary: 'has the agent on this machine ask its controller for news now',
  arguments: '',
  options: agentSocketOptions,
  async run(context, args) {
    context.stdout.write(await wakeAgent(context.doors, await agentSocket(context, args)));
    return exitCodes.ok;
  },
};
