/** What an operator does to a rollout. Each is recorded with who did it and why. */
import type { RolloutActName } from '../../schemas/generated/types.ts';
import { type Command, CommandError, type OptionSpec, type ParsedArguments } from '../command.ts';
import { actOnRollout } from '../controller-acts.ts';
import { exitCodes } from '../exit-codes.ts';
import { fetchFleets } from '../fetch-status.ts';
import { rolloutLine } from '../render/rollout-screen.ts';
import { parseFleet, rolloutOf } from '../rollout-target.ts';
import { settingsOption } from '../settings.ts';
import { bounded, whoOf, whoOption } from '../who.ts';

const whyLengthMax = 400;

const whoOptions: Readonly<Record<string, OptionSpec>> = {
  why: { type: 'string', short: 'm', value: 'TEXT', description: 'Why, for the record.' },
  as: whoOption,
  number: {
    type: 'string',
    value: 'N',
    description:
      'Only while the rollout has this number in fleet rollout show: a newer commit may have begun another one since you looked.',
  },
};

interface Act {
  readonly act: RolloutActName;
  readonly summary: string;
  readonly arguments: 'FLEET' | 'FLEET [WAVE]' | 'FLEET [DEVICE]';
  readonly options?: Readonly<Record<string, OptionSpec>>;
}

function numberOf({ values }: ParsedArguments): { readonly number?: number } {
  if (values.number === undefined) return {};
  const number = Number(values.number);
  if (Number.isSafeInteger(number) && number > 0) return { number };
  const hint = 'write the number that fleet rollout show has';
  throw new CommandError(`--number ${values.number}: ${hint}`, exitCodes.usage);
}

/** What the second argument names. */
function subject(
  takes: Act['arguments'],
  name: string | undefined,
): { readonly wave?: string; readonly device?: string } {
  if (name === undefined) return {};
  return takes === 'FLEET [DEVICE]' ? { device: name.replace(/^device\//, '') } : { wave: name };
}

function commandFor({ act, summary, arguments: takes, options }: Act): Command {
  return {
    name: `rollout ${act}`,
    summary,
    arguments: takes,
    options: { ...options, ...whoOptions, ...settingsOption('cli', 'controller=https://HOST:7443') },
    async run(context, args) {
      const [text, named, ...rest] = args.positionals;
      const isTooMuch = rest.length > 0 || (named !== undefined && takes === 'FLEET');
      if (text === undefined || isTooMuch) throw new CommandError(`rollout ${act} takes ${takes}`, exitCodes.usage);
      const fleet = parseFleet(text);
      await actOnRollout(context, {
        ...{ fleet, act, who: whoOf(context, args), why: bounded(args.values.why ?? '', '--why', whyLengthMax) },
        ...subject(takes, named),
        ...numberOf(args),
        ...(args.flags.has('revert') ? { revert: true } : {}),
      });
      const status = await fetchFleets(context, { target: `fleet/${fleet}` });
      context.stdout.write(`${rolloutLine(rolloutOf(status, fleet))}\n`);
      return exitCodes.ok;
    },
  };
}

export const rolloutPauseCommand = commandFor({
  act: 'pause',
  summary: 'offer the change to no more devices for now; those that were offered it go on, and failures still halt it',
  arguments: 'FLEET',
});

export const rolloutResumeCommand = commandFor({
  act: 'resume',
  summary: 'go on with a rollout that was paused',
  arguments: 'FLEET',
});

export const rolloutApproveCommand = commandFor({
  act: 'approve',
  summary:
    'say yes to the wave that waits for it (approve in its manifest), or, also beforehand, to the one that is named',
  arguments: 'FLEET [WAVE]',
});

export const rolloutAbortCommand = commandFor({
  act: 'abort',
  summary: 'halt it: no device is offered the change any more, and those that run it keep it, without --revert',
  arguments: 'FLEET',
  options: {
    revert: {
      type: 'boolean',
      description: 'Devices that changed already go back to what the last completed rollout of the fleet brought.',
    },
  },
});

export const rolloutRetryCommand = commandFor({
  act: 'retry',
  summary:
    'go on with a rollout that was halted, from the wave that failed, or from the first where devices went back; devices that failed are offered the change anew',
  arguments: 'FLEET',
});

export const rolloutAllowWholeCommand = commandFor({
  act: 'allow-whole',
  summary:
    'let devices that ask for it take modules whole (wholeModules: ask), or the one that is named, until the next rollout of the fleet begins',
  arguments: 'FLEET [DEVICE]',
});
