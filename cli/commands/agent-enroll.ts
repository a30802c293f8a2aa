import { resolve } from 'node:path';
import { type EnrollOptions, enroll } from '../../device-agent/command/enroll.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

function required<N extends string>(
  values: Readonly<Record<string, string>>,
  names: readonly N[],
): Readonly<Record<N, string>> {
  const missing = names.filter((name) => values[name] === undefined);
  if (missing.length > 0)
    throw new CommandError(`agent enroll needs ${missing.map((name) => `--${name}`).join(', ')}`, exitCodes.usage);
  return values as Readonly<Record<N, string>>;
}

export const agentEnrollCommand: Command = {
  name: 'agent enroll',
  summary: 'make a key on this device and get a certificate for it',
  arguments: '',
  options: {
    device: { type: 'string', value: 'NAME', description: 'The name in the manifest.' },
    controller: { type: 'string', value: 'URL', description: 'https:// URL of the controller.' },
    ca: { type: 'string', value: 'FILE', description: "PEM of the fleet's authority." },
    'trust-root': { type: 'string', value: 'FILE', description: 'The first TUF root, trust/1.root.json of the fleet.' },
    mqtt: {
      type: 'string',
      value: 'HOST[:PORT]',
      description: 'The broker (default: where the controller says, else its host, 8883).',
    },
    directory: {
      type: 'string',
      value: 'DIR',
      description: 'Where fleet.config.yaml and the files it names go (default: here).',
    },
    state: { type: 'string', value: 'DIR', description: 'Where the key and all state go (default: DIR/state).' },
    wait: { type: 'boolean', description: 'Ask again until git names the key.' },
  },
  async run(context, { values, flags }) {
    const inDirectory = (path: string): string => resolve(context.directory, path);
    const needed = required(values, ['device', 'controller', 'ca', 'trust-root']);
    const directory = inDirectory(values.directory ?? '.');
    const options: EnrollOptions = {
      device: needed.device,
      controller: needed.controller,
      ca: inDirectory(needed.ca),
      trustRoot: inDirectory(needed['trust-root']),
      ...(values.mqtt === undefined ? {} : { mqtt: values.mqtt }),
      directory,
      ...(values.state === undefined ? {} : { stateDirectory: inDirectory(values.state) }),
      stateDirectoryUsual: `${directory}/state`,
      wait: flags.has('wait'),
    };
    const readConfiguration = async () => (await context.loadConfiguration('agent', directory)).value;
    const print = (text: string): void => context.stdout.write(text);
    const outcome = await enroll({ ...context, print, readConfiguration }, options);
    return { enrolled: exitCodes.ok, refused: exitCodes.failed, unreachable: exitCodes.unreachable }[outcome];
  },
};
