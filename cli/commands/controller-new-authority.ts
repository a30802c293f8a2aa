import type { Command } from '../command.ts';
import { startController } from './controller-run.ts';

export const controllerNewAuthorityCommand: Command = {
  name: 'controller new-authority',
  summary: 'put the certificate authority aside and make another: every device has to be enrolled again',
  ...startController(['--new-authority']),
};
