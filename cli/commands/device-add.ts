import { stringify } from 'yaml';
import { writeWorkFile } from '../../controller/publishing/authoring/work-tree.ts';
import { isDevice } from '../../schemas/generated/validators/device.js';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { repositoryOf, repositoryOption } from '../repository.ts';

function labelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (key === undefined || value === undefined)
        throw new CommandError(`--label ${pair}: write KEY=VALUE`, exitCodes.usage);
      return [key, value];
    }),
  );
}

export const deviceAddCommand: Command = {
  name: 'device add',
  summary: 'write the manifest of a new device into the repository',
  arguments: 'NAME',
  options: {
    ...repositoryOption,
    site: { type: 'string', value: 'SITE', description: 'The site it belongs to.' },
    label: {
      type: 'string',
      short: 'l',
      multiple: true,
      value: 'KEY=VALUE',
      description: 'A label; as often as needed.',
    },
    fingerprint: { type: 'string', value: 'SHA256:…', description: 'Of its key, as fleet agent enroll prints it.' },
    'public-key': { type: 'string', value: 'BASE64', description: 'The key, printed there too: for secrets.' },
  },
  async run(context, args) {
    const { positionals, values, lists } = args;
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0) throw new CommandError('device add takes one name', exitCodes.usage);
    const labels = labelsOf(lists.label ?? []);
    const device = {
      apiVersion: 'fleet/v1alpha1',
      kind: 'Device',
      metadata: { name, ...(Object.keys(labels).length === 0 ? {} : { labels }) },
      spec: {
        ...(values.site === undefined ? {} : { site: values.site }),
        ...(values.fingerprint === undefined ? {} : { keyFingerprint: values.fingerprint }),
        ...(values['public-key'] === undefined ? {} : { publicKey: values['public-key'] }),
      },
    };
    if (!isDevice(device)) {
      const fault = isDevice.errors?.[0];
      throw new CommandError(
        `this makes no device: ${fault?.instancePath.slice(1).replaceAll('/', '.')} ${fault?.message}`,
      );
    }
    const tree = repositoryOf(context, args);
    const path = `devices/${name}.yaml`;
    if (context.disk.stat(`${tree.directory}/${path}`) !== undefined)
      throw new CommandError(`${path} is there already`);
    const text = `# yaml-language-server: $schema=../schemas/device.schema.json\n${stringify(device)}`;
    writeWorkFile(tree, path, new TextEncoder().encode(text));
    context.stdout.write(`wrote ${path}; commit it\n`);
    return exitCodes.ok;
  },
};
