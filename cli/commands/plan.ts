import { type Command, type CommandContext, CommandError } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { makePlan } from '../make-plan.ts';
import { RefusedRevision } from '../refused-revision.ts';
import type { Plan } from '../render/plan.ts';
import { planDocument } from '../render/plan-document.ts';
import { planMarkdown, refusalMarkdown } from '../render/plan-markdown.ts';
import { planScreen } from '../render/plan-screen.ts';
import { styleFor } from '../render/style.ts';
import { settingsOption } from '../settings.ts';
import { toolVersion } from '../tool-version.ts';

type Format = 'text' | 'wide' | 'json' | 'yaml' | 'markdown';

const forms: readonly Format[] = ['json', 'yaml', 'markdown', 'wide'];

function formatOf(text: string | undefined): Format {
  if (text === undefined) return 'text';
  const form = forms.find((one) => one === text);
  if (form !== undefined) return form;
  throw new CommandError(`-o ${text}: there is json, yaml, markdown and wide`, exitCodes.usage);
}

async function render(context: CommandContext, plan: Plan, format: Format): Promise<string> {
  if (format === 'json') return `${JSON.stringify(planDocument(plan), undefined, 2)}\n`;
  if (format === 'markdown') return planMarkdown(plan);
  if (format === 'yaml') {
    const { stringify } = await import('yaml');
    return stringify(planDocument(plan), { aliasDuplicateObjects: false });
  }
  const isCut = context.stdout.isTerminal && format !== 'wide';
  const columns = isCut ? context.stdout.columns() : Number.POSITIVE_INFINITY;
  return planScreen(plan, { columns, style: styleFor(context.color), wide: format === 'wide' });
}

function exitCodeOf({ change, policy }: Plan, flags: ReadonlySet<string>): ExitCode {
  if (policy.problems.length > 0) return exitCodes.policy;
  if (flags.has('policy') && change.devices.some(({ isStripped }) => isStripped)) return exitCodes.policy;
  return flags.has('exit-code') && change.devices.length > 0 ? exitCodes.changes : exitCodes.ok;
}

export const planCommand: Command = {
  name: 'plan',
  summary: 'what a commit, or the working tree, would change on which devices, and its bytes; touches nothing',
  arguments: '[REF]',
  options: {
    against: {
      type: 'string',
      value: 'REF',
      description: 'Compare with this commit instead of the one in force (or, with no controller, the one before).',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'json|yaml|markdown|wide',
      description:
        'Another form; wide lists every device, json and yaml follow schemas/plan.schema.json, markdown is a comment on a pull request, also where the commit is refused.',
    },
    'exit-code': {
      type: 'boolean',
      description: `Exit with ${exitCodes.changes} when a device would change.`,
    },
    policy: {
      type: 'boolean',
      description: `Exit with ${exitCodes.policy}, as for a commit that is over a limit of a Policy, when a device would lose all its applications and its manifest does not say spec.idle: true.`,
    },
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values, flags }): Promise<ExitCode> {
    if (positionals.length > 1) throw new CommandError('plan takes one REF at most', exitCodes.usage);
    const [next] = positionals;
    const format = formatOf(values.output);
    const { against } = values;
    try {
      const plan = await makePlan(context, {
        ...(next === undefined ? {} : { next }),
        ...(against === undefined ? {} : { against }),
      });
      context.stdout.write(await render(context, plan, format));
      return exitCodeOf(plan, flags);
    } catch (error) {
      if (!(error instanceof RefusedRevision) || format !== 'markdown') throw error;
      context.stdout.write(refusalMarkdown(error.what, error.problems, toolVersion(context)));
      return error.exitCode;
    }
  },
};
