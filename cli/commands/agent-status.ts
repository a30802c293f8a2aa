import { resolve } from 'node:path';
import { diagnosisText } from '../../device-agent/command/diagnose.ts';
import { applicationLogs } from '../../device-agent/command/logs.ts';
import { describeAgent } from '../../device-agent/command/status.ts';
import { defaultStateDirectory } from '../../device-agent/state-layout.ts';
import { printableLines } from '../../platform/printable.ts';
import { agentSocket, agentSocketOptions } from '../agent-socket.ts';
import { type Command, type CommandContext, CommandError, type ParsedArguments } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

const options = {
  state: {
    type: 'string',
    value: 'DIR',
    description: "The agent's state directory (default: as its configuration says).",
  },
} as const;

async function stateDirectoryOf(context: CommandContext, { values }: ParsedArguments): Promise<string> {
  if (values.state !== undefined) return resolve(context.directory, values.state);
  return (await context.loadConfiguration('agent', context.directory)).value.stateDirectory ?? defaultStateDirectory;
}

export const agentStatusCommand: Command = {
  name: 'agent status',
  summary: 'what the agent on this machine does, without a network',
  arguments: '',
  options,
  async run(context, args) {
    const stateDirectory = await stateDirectoryOf(context, args);
    const { disk, isLocked } = context;
    const isThere = disk.stat(stateDirectory) !== undefined;
    const text = isThere ? describeAgent(context, stateDirectory, isLocked(stateDirectory, 'agent')) : undefined;
    if (text === undefined) throw new CommandError(`no agent has run on ${stateDirectory} yet`);
    context.stdout.write(text);
    return exitCodes.ok;
  },
};

export const agentDiagnoseCommand: Command = {
  name: 'agent diagnose',
  summary: 'what whoever helps has to see of the agent on this machine, as JSON and without a network',
  arguments: '',
  options,
  async run(context, args) {
    const stateDirectory = await stateDirectoryOf(context, args);
    if (context.disk.stat(stateDirectory) === undefined) {
      throw new CommandError(`no agent has run on ${stateDirectory} yet`);
    }
    context.stdout.write(diagnosisText(context, stateDirectory, context.isLocked(stateDirectory, 'agent')));
    return exitCodes.ok;
  },
};

export const agentLogsCommand: Command = {
  name: 'agent logs',
  summary: 'what an application on this machine printed',
  arguments: 'APPLICATION',
  options: agentSocketOptions,
  async run(context, args) {
    const [name, ...more] = args.positionals;
    if (name === undefined || more.length > 0 || !/^[a-z0-9-]+$/.test(name)) {
      throw new CommandError('agent logs takes the name of one application', exitCodes.usage);
    }
    const stateDirectory = await stateDirectoryOf(context, args);
    const socket = context.isLocked(stateDirectory, 'agent') ? await agentSocket(context, args) : undefined;
    const { text, lack } = await applicationLogs(context, { stateDirectory, socket }, name);
    if (lack !== undefined) context.stderr.write(`what it printed last may be missing: ${printableLines(lack)}\n`);
    if (text === undefined) throw new CommandError(`${name} has printed nothing on ${stateDirectory}`);
    context.stdout.write(text);
    return exitCodes.ok;
  },
};
