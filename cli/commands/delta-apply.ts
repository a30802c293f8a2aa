import { applyDelta } from '../../artifact/delta/apply.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { bytes } from '../render/quantities.ts';
import { readInput, withPatch, writeOutput } from './delta-files.ts';

export const deltaApplyCommand: Command = {
  name: 'delta apply',
  summary: 'make the new file from the old one and a patch',
  arguments: 'OLD PATCH',
  options: { output: { type: 'string', short: 'o', value: 'NEW', description: 'Where the new file goes.' } },
  async run(context, { positionals, values }) {
    const [oldPath, patchPath, ...rest] = positionals;
    if (oldPath === undefined || patchPath === undefined || rest.length > 0 || values.output === undefined) {
      throw new CommandError('delta apply takes OLD PATCH -o NEW', exitCodes.usage);
    }
    const old = readInput(context, oldPath);
    const patch = readInput(context, patchPath);
    const fresh = withPatch(`cannot apply ${patchPath} to ${oldPath}`, () => applyDelta(old, patch));
    writeOutput(context, values.output, fresh);
    context.stdout.write(`${values.output}: ${bytes(fresh.length)}, as the patch announced\n`);
    return exitCodes.ok;
  },
};
