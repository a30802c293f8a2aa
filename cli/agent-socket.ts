import { resolve } from 'node:path';
import { defaultStateDirectory, stateLayout } from '../device-agent/state-layout.ts';
import type { CommandContext, OptionSpec, ParsedArguments } from './command.ts';

/** Options that say which agent of this machine is meant. */
export const agentSocketOptions: Readonly<Record<'state' | 'socket', OptionSpec>> = {
  state: {
    type: 'string',
    value: 'DIR',
    description: "The agent's state directory (default: as its configuration says).",
  },
  socket: { type: 'string', value: 'PATH', description: "The agent's socket (default: as its configuration says)." },
};

/** Where that agent is asked. */
export async function agentSocket(context: CommandContext, { values }: ParsedArguments): Promise<string> {
  const { directory } = context;
  if (values.socket !== undefined) return resolve(directory, values.socket);
  if (values.state !== undefined) return stateLayout(resolve(directory, values.state)).socketPath;
  const { socket, stateDirectory = defaultStateDirectory } = (await context.loadConfiguration('agent', directory))
    .value;
  return socket ?? stateLayout(stateDirectory).socketPath;
}
