import { type Command, CommandError, cutWidth } from '../command.ts';
import { fetchStatus } from '../controller-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { deviceStory } from '../render/device-story.ts';
import { styleFor } from '../render/style.ts';
import { settingsOption } from '../settings.ts';
import { exitCodeOf, parseTarget, targetText } from '../status-target.ts';

export const whyCommand: Command = {
  name: 'why',
  summary: 'why a device is where it is, in sentences',
  arguments: 'device/NAME',
  options: { ...settingsOption('cli', 'controller=https://HOST:7443') },
  async run(context, { positionals }) {
    const [text, ...rest] = positionals;
    if (text === undefined || rest.length > 0) throw new CommandError('why takes one device/NAME', exitCodes.usage);
    const target = parseTarget(text.includes('/') ? text : `device/${text}`);
    if (target.kind !== 'device')
      throw new CommandError('why answers for a device/NAME; see fleet status for more', exitCodes.usage);
    const status = await fetchStatus(context, { target: targetText(target) });
    const columns = cutWidth(context.stdout);
    context.stdout.write(deviceStory(status.devices[0]!, status, styleFor(context.color), columns));
    return exitCodeOf(status);
  },
};
