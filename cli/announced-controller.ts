/** Where the controller is when no configuration says so: controllers of this user on this machine announce themselves. */
import { type Announcement, announcementDirectory, readAnnouncements } from '../controller/announcement.ts';
import { type CommandContext, CommandError } from './command.ts';

function nearestRepository({ disk, directory }: CommandContext): string | undefined {
  for (let top = directory; top !== ''; top = top.slice(0, top.lastIndexOf('/')))
    if (disk.stat(`${top}/.git`) !== undefined) return top;
  return undefined;
}

/** Nobody says where a controller is. */
export class NoController extends CommandError {}

/** The one that follows this checkout, else the only one there is. Throws `NoController`. */
export function announcedController(context: CommandContext, file: string | undefined): Announcement {
  const directory = announcementDirectory(context.environment);
  const all = directory === undefined ? [] : readAnnouncements(context.disk, directory);
  // One that was killed took nothing back; where its state is gone it can't be meant.
  const announced = all.filter(({ tokenFile }) => context.disk.stat(tokenFile) !== undefined);
  const top = nearestRepository(context);
  const followers = announced.filter(({ source }) => source === top);
  const [found] = followers.length > 0 ? followers : announced;
  if (found !== undefined && (followers.length === 1 || announced.length === 1)) return found;
  const where = file === undefined ? 'no configuration says so' : `${file} has no cli.controller`;
  const running =
    announced.length === 0
      ? 'no controller of yours runs on this machine'
      : `several run on this machine: ${announced.map(({ controller }) => controller).join(', ')}`;
  const how = 'set FLEET_CLI_CONTROLLER=https://HOST:7443, or name a file: --config FILE';
  throw new NoController(`don't know where the controller is: ${where}, and ${running}; ${how}`);
}
