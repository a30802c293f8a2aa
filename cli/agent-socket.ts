import { resolve } from 'node:path';
import { defaultStateDirectory, stateLayout } from '../device-agent/state-layout.ts';
import type { CommandContext, ParsedArguments } from './command.ts';

const path = (value: string, description: string) => ({ type: 'string', value, description }) as const;

/** The options that say which agent is meant. */
export const agentSocketOptions = {
  state: path('DIR', "The agent's state directory (default: as its configuration says)."),
  socket: path('PATH', "The agent's socket (default: as its configuration says)."),
};

/** Where the agent on this machine answers. */
export async function agentSocket(context: CommandContext, { values }: ParsedArguments): Promise<string> {
  const { directory } = context;
  if (values.socket !== undefined) return resolve(directory, values.socket);
  if (values.state !== undefined) return stateLayout(resolve(directory, values.state)).socketPath;
  const { socket, stateDirectory = defaultStateDirectory } = (await context.loadConfiguration('agent', directory))
    .value;
  return socket ?? stateLayout(stateDirectory).socketPath;
}
