import type { StatusDocument } from '../../schemas/generated/types.ts';
import { type Command, type CommandContext, CommandError, cutWidth } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { fetchStatus } from '../fetch-status.ts';
import { withKnownNames } from '../known-symbols.ts';
import { deviceStory } from '../render/device-story.ts';
import { rolloutStory, waveStory } from '../render/rollout-story.ts';
import { styleFor } from '../render/style.ts';
import { repositoryHere } from '../repository.ts';
import { parseFleet, rolloutExitCode, rolloutOf } from '../rollout-target.ts';
import { settingsOption } from '../settings.ts';
import { exitCodeOf, parseTarget, targetText } from '../status-target.ts';

/** What is asked about. */
type Subject =
  | { readonly kind: 'device'; readonly target: string }
  | { readonly kind: 'rollout'; readonly fleet: string; readonly wave?: string };

function subjectOf([text, ...rest]: readonly string[]): Subject {
  if (text === undefined || rest.length > 0)
    throw new CommandError('why takes one device/NAME or rollout/FLEET', exitCodes.usage);
  const [kind, fleet = '', wave, ...more] = text.split('/');
  if (kind === 'rollout' && more.length === 0)
    return { kind, fleet: parseFleet(fleet), ...(wave === undefined ? {} : { wave }) };
  const target = parseTarget(text.includes('/') ? text : `device/${text}`);
  if (target.kind === 'device') return { kind: 'device', target: targetText(target) };
  const hint = 'why answers for a device/NAME, a rollout/FLEET or a wave of it, rollout/FLEET/WAVE';
  throw new CommandError(`${hint}; see fleet status for more`, exitCodes.usage);
}

function storyOf(subject: Subject, status: StatusDocument, context: CommandContext): string {
  const style = styleFor(context.color);
  const columns = cutWidth(context.stdout);
  if (subject.kind === 'device') {
    const [device] = status.devices;
    const tree = repositoryHere(context);
    return deviceStory(tree === undefined ? device! : withKnownNames(tree, device!), status, style, columns);
  }
  const fleet = rolloutOf(status, subject.fleet);
  const { wave: name } = subject;
  if (name === undefined) return rolloutStory(fleet, status, style, columns);
  const { waves } = fleet.rollout;
  const wave = waves.find((one) => one.name === name);
  if (wave !== undefined) return waveStory(fleet, wave, status, style, columns);
  const known = waves.map((one) => one.name).join(', ');
  throw new CommandError(`fleet ${fleet.name} has no wave ${JSON.stringify(name)}; its waves are ${known}`);
}

export const whyCommand: Command = {
  name: 'why',
  summary: 'why a device, a rollout or a wave is where it is, in sentences',
  arguments: 'device/NAME | rollout/FLEET[/WAVE]',
  options: { ...settingsOption('cli', 'controller=https://HOST:7443') },
  async run(context, { positionals }) {
    const subject = subjectOf(positionals);
    const target = subject.kind === 'device' ? subject.target : `fleet/${subject.fleet}`;
    const status = await fetchStatus(context, { target });
    context.stdout.write(storyOf(subject, status, context));
    return subject.kind === 'device' ? exitCodeOf(status) : rolloutExitCode(rolloutOf(status, subject.fleet));
  },
};
