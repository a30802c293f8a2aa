import { stringify } from 'yaml';
import { secretBytesMax } from '../../artifact/seal/sealed-secret.ts';
import { writeWorkFile } from '../../controller/publishing/authoring/work-tree.ts';
import { isSecret } from '../../schemas/generated/validators/secret.js';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { absolutePath, repositoryOf, repositoryOption } from '../repository.ts';
import { readSealingTree, recipients, sealedManifest } from '../seal-secret.ts';
import { readWorkingTree } from '../working-tree.ts';

async function readValue(context: CommandContext, file: string | undefined): Promise<Uint8Array> {
  const value = await (file === undefined
    ? context.readInput(secretBytesMax)
    : context.disk.readFile(absolutePath(context, file)));
  const fault = value.length === 0 ? 'it is empty' : `it has more than ${secretBytesMax} bytes`;
  if (value.length === 0 || value.length > secretBytesMax) throw new CommandError(`nothing was sealed: ${fault}`);
  return value;
}

export const secretSealCommand: Command = {
  name: 'secret seal',
  summary: 'seal a value to the keys of devices, and write it into the repository',
  arguments: 'NAME',
  options: {
    ...repositoryOption,
    device: { type: 'string', short: 'd', multiple: true, value: 'NAME', description: 'A device; as often as needed.' },
    fleet: { type: 'string', multiple: true, value: 'NAME', description: 'All devices that a fleet selects.' },
    file: {
      type: 'string',
      value: 'FILE',
      description: 'Read the value from a file instead of the standard input; every byte of it counts.',
    },
  },
  async run(context, args) {
    const { positionals, values, lists } = args;
    const [name, ...rest] = positionals;
    const named = { devices: lists.device ?? [], fleets: lists.fleet ?? [] };
    if (name === undefined || rest.length > 0) throw new CommandError('secret seal takes one name', exitCodes.usage);
    if (named.devices.length + named.fleets.length === 0)
      throw new CommandError('secret seal needs --device or --fleet: for whom is it?', exitCodes.usage);
    const tree = repositoryOf(context, args);
    const sealing = readSealingTree(readWorkingTree(tree.disk, tree.directory).tree);
    const devices = recipients(sealing, named);
    if (devices.length === 0) throw new CommandError('no device is selected; nothing was sealed');
    const before = sealing.secrets.get(name);
    if (before?.isAlone === false)
      throw new CommandError(`${before.path} holds other manifests too; give the secret ${name} a file of its own`);
    const secret = sealedManifest(name, await readValue(context, values.file), devices, before?.secret);
    if (!isSecret(secret)) throw new CommandError(`${JSON.stringify(name)} is no name for a secret: a DNS label is`);
    const path = before?.path ?? `secrets/${name}.yaml`;
    const text = `# yaml-language-server: $schema=../schemas/secret.schema.json\n${stringify(secret, { lineWidth: 0 })}`;
    writeWorkFile(tree, path, new TextEncoder().encode(text));
    const others = Object.keys(secret.spec.copies).length - devices.length;
    const kept = others === 0 ? '' : `; copies that keep the value they had: ${others}`;
    const whom = devices.length === 1 ? `device ${devices[0]!.metadata.name}` : `${devices.length} devices`;
    context.stdout.write(`wrote ${path}, sealed for ${whom}${kept}; commit it\n`);
    return exitCodes.ok;
  },
};
