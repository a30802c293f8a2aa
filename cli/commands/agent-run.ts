import { allocatorSettings } from '../../device-agent/allocator-settings.ts';
import { bundleAgent } from '../../device-agent/bundle.ts';
import { nodeFlags } from '../../device-agent/node-flags.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { settingsOption } from '../settings.ts';

export const agentRunCommand: Command = {
  name: 'agent run',
  summary: 'run the agent of a device from this checkout',
  arguments: '',
  options: { ...settingsOption('agent', 'stateDirectory=DIR') },
  async run({ projectDirectory, processes, loadConfiguration, directory, signal }) {
    const { value } = await loadConfiguration('agent', directory);
    const program = await bundleAgent(`${projectDirectory}/.cache/agent`);
    const options = { flags: nodeFlags, environment: allocatorSettings };
    const agent = processes.start(program, ['--resolved', JSON.stringify(value)], options);
    signal.addEventListener('abort', () => agent.kill('SIGTERM'));
    const { code, signal: killedBy } = await new Promise<{ code: number | undefined; signal: string | undefined }>(
      (resolve) => agent.onExit(resolve),
    );
    if (code !== 0) throw new CommandError(`the agent ended with ${killedBy ?? `code ${code}`}`);
    return exitCodes.ok;
  },
};
