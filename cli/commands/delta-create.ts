import type { DeltaEffort } from '../../artifact/delta/encode.ts';
import { inspectDelta } from '../../artifact/delta/inspect.ts';
import { type DeltaTask, makeDelta } from '../../controller/publishing/make-delta.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { ProgressBar } from '../render/progress-bar.ts';
import { bytes } from '../render/quantities.ts';
import { readInput, writeOutput } from './delta-files.ts';

const efforts: readonly DeltaEffort[] = ['fast', 'balanced', 'smallest'];

function effortOf(value = 'balanced'): DeltaEffort {
  const effort = efforts.find((one) => one === value);
  if (effort === undefined)
    throw new CommandError(`--effort is one of ${efforts.join(', ')}, not ${value}`, exitCodes.usage);
  return effort;
}

async function patchBetween({ threads, stderr, clock, signal }: CommandContext, task: DeltaTask): Promise<Uint8Array> {
  using bar = new ProgressBar(stderr, clock);
  return await makeDelta(threads, task, signal, ({ step, done }) => bar.update(step, done));
}

export const deltaCreateCommand: Command = {
  name: 'delta create',
  summary: 'make the smallest patch that turns one file into another',
  arguments: 'OLD NEW',
  options: {
    output: { type: 'string', short: 'o', value: 'PATCH', description: 'Where the patch goes.' },
    effort: { type: 'string', value: 'EFFORT', description: 'fast, balanced (the default) or smallest.' },
    light: { type: 'boolean', description: 'Only methods that a weak device decodes fast.' },
  },
  async run(context, { positionals, values, flags }) {
    const [oldPath, newPath, ...rest] = positionals;
    if (oldPath === undefined || newPath === undefined || rest.length > 0 || values.output === undefined) {
      throw new CommandError('delta create takes OLD NEW -o PATCH', exitCodes.usage);
    }
    const effort = effortOf(values.effort);
    const old = readInput(context, oldPath);
    const fresh = readInput(context, newPath);
    const patch = await patchBetween(context, { old, fresh, effort, light: flags.has('light') });
    writeOutput(context, values.output, patch);
    const share = fresh.length === 0 ? '' : `, ${((patch.length / fresh.length) * 100).toFixed(1)} % of the file`;
    context.stdout.write(`${values.output}: ${bytes(patch.length)}${share}, ${inspectDelta(patch).method}\n`);
    return exitCodes.ok;
  },
};
