import { type DeltaReport, inspectDelta } from '../../artifact/delta/inspect.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { readInput, withPatch } from './delta-files.ts';

/** A patch in a few lines: between which files it stands, how it is coded, what costs how many bytes. */
export function inspectReport({ method, patchBytes, newBytes, oldDigest, newDigest, parts }: DeltaReport): string {
  const width = Math.max(...parts.map(({ name }) => name.length));
  const lines = parts.map(({ name, bytes }) => `  ${name.padEnd(width)} ${String(bytes).padStart(9)} B`);
  return [
    `from a file of sha256 ${oldDigest}… to one of ${newBytes} B, sha256 ${newDigest}…`,
    `method ${method}, ${patchBytes} B in all`,
    ...lines,
    '',
  ].join('\n');
}

export const deltaInspectCommand: Command = {
  name: 'delta inspect',
  summary: 'what a patch is made of and what that costs',
  arguments: 'PATCH',
  options: { output: { type: 'string', short: 'o', value: 'FORMAT', description: 'json, or text (the default).' } },
  async run(context, { positionals, values }) {
    const [path, ...rest] = positionals;
    const { output = 'text' } = values;
    if (path === undefined || rest.length > 0 || !['json', 'text'].includes(output)) {
      throw new CommandError('delta inspect takes PATCH [-o json]', exitCodes.usage);
    }
    const patch = readInput(context, path);
    const report = withPatch(`cannot read ${path}`, () => inspectDelta(patch));
    context.stdout.write(output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : inspectReport(report));
    return exitCodes.ok;
  },
};
