import type { Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { settingsOf, settingsOption } from '../settings.ts';

export const controllerRunCommand: Command = {
  name: 'controller run',
  summary: 'run the controller here until it is stopped',
  arguments: '',
  options: {
    ...settingsOption('controller', 'http.port=7443'),
  },
  async run(context, args) {
    const flags = Object.entries(settingsOf(args)).map(([key, value]) => `--${key}=${value}`);
    const { config } = args.values;
    const file = config === undefined ? [] : ['--config', config];
    const controller = context.processes.start(`${context.projectDirectory}/controller/main.ts`, [...file, ...flags]);
    context.signal.addEventListener('abort', () => controller.kill('SIGTERM'), { once: true });
    const { code } = await new Promise<{ readonly code: number | undefined }>((resolve) => controller.onExit(resolve));
    return code === 0 ? exitCodes.ok : exitCodes.failed;
  },
};
