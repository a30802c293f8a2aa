import { nodeFlags } from '../../controller/node-flags.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { settingsOf, settingsOption } from '../settings.ts';

/** The options of the controller's program and what starts it, with these arguments before its settings. */
export function startController(first: readonly string[]): Pick<Command, 'arguments' | 'options' | 'run'> {
  return {
    arguments: '',
    options: {
      config: {
        type: 'string',
        value: 'FILE',
        description: 'This configuration file instead of the fleet.config.yaml found from here.',
      },
      ...settingsOption('controller', 'http.port=7443'),
    },
    async run(context, args) {
      const flags = Object.entries(settingsOf(args)).map(([key, value]) => `--${key}=${value}`);
      const { config } = args.values;
      const file = config === undefined ? [] : ['--config', config];
      const program = `${context.projectDirectory}/controller/main.ts`;
      const controller = context.processes.start(program, [...first, ...file, ...flags], { flags: nodeFlags });
      context.signal.addEventListener('abort', () => controller.kill('SIGTERM'), { once: true });
      const { code } = await new Promise<{ readonly code: number | undefined }>((resolve) =>
        controller.onExit(resolve),
      );
      return code === 0 ? exitCodes.ok : exitCodes.failed;
    },
  };
}

export const controllerRunCommand: Command = {
  name: 'controller run',
  summary: 'run the controller here until it is stopped',
  ...startController([]),
};
