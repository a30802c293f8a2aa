import { resolve } from 'node:path';
import { bundleAgent, type Platform, thisPlatform } from '../../device-agent/bundle.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

export const agentBundleCommand: Command = {
  name: 'agent bundle',
  summary: 'make the directory of files that a device carries',
  arguments: '',
  options: {
    output: { type: 'string', short: 'o', value: 'DIR', description: 'A directory that is made or replaced.' },
    platform: { type: 'string', value: 'linux-arm64-glibc', description: "The device's; this machine's by default." },
  },
  async run(context, { values }) {
    if (values.output === undefined) throw new CommandError('agent bundle needs -o DIR', exitCodes.usage);
    const directory = resolve(context.directory, values.output);
    const isOurs = context.disk.stat(directory) === undefined || context.disk.stat(`${directory}/bundle.json`);
    if (isOurs === undefined) throw new CommandError(`${directory} is there and is no bundle; name another directory`);
    await bundleAgent(directory, (values.platform ?? thisPlatform()) as Platform);
    context.stdout.write(
      `${directory} is what a device carries to /usr/lib/fleet-agent, with a Node of at least 26.\n`,
    );
    return exitCodes.ok;
  },
};
