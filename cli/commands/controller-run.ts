import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

export const controllerRunCommand: Command = {
  name: 'controller run',
  summary: 'run the controller here until it is stopped',
  arguments: '',
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      description: 'This configuration file instead of the fleet.config.yaml found from here.',
    },
    set: {
      type: 'string',
      multiple: true,
      value: 'KEY=VALUE',
      description: 'Overrides a key of its section: --set http.port=7443.',
    },
  },
  async run(context, { values, lists }) {
    const flags = (lists.set ?? []).map((pair) => {
      if (!/^[\w.]+=/.test(pair)) throw new CommandError(`--set ${pair}: write KEY=VALUE`, exitCodes.usage);
      return `--${pair}`;
    });
    const file = values.config === undefined ? [] : ['--config', values.config];
    const controller = context.processes.start(`${context.projectDirectory}/controller/main.ts`, [...file, ...flags]);
    context.signal.addEventListener('abort', () => controller.kill('SIGTERM'), { once: true });
    const { code } = await new Promise<{ readonly code: number | undefined }>((resolve) => controller.onExit(resolve));
    return code === 0 ? exitCodes.ok : exitCodes.failed;
  },
};
