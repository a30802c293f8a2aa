import type { Clock, Disk, Random } from '../../../platform/ports.ts';
import { OutboxWriter } from '../../outbox/files/outbox-writer.ts';
import { Abroad } from '../channels/abroad.ts';
import { Arrivals } from '../channels/arrivals.ts';
import { ChannelHub } from '../channels/channel-hub.ts';
import { LostMessages } from '../channels/lost-messages.ts';
import { ApplicationDirectories } from '../grants/application-directories.ts';
import { type GrantPorts, Grants } from '../grants/grants.ts';
import type { FromHost } from '../protocol.ts';
import { AppHost } from './app-host.ts';
import { CompiledModules } from './compiled-modules.ts';
import { Asks } from './events/http-source.ts';
import type { LifePorts } from './events/open-life.ts';
import { guestLauncher } from './guest-launcher.ts';
import { GuestThread } from './guest-thread.ts';
import type { Launcher } from './launch.ts';
import type { Turns } from './turns.ts';

/** What an app host needs of the machine. */
export interface HostMachine extends Omit<GrantPorts, 'onFacts'>, Pick<LifePorts, 'lock' | 'openSource'> {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: Random;
  readonly turns: Turns;
}

/** Puts the rooms of an app host together; `observe` may look at what is launched. It runs nothing before it is told to. */
export function openAppHost(
  machine: HostMachine,
  directory: string,
  say: (message: FromHost) => void,
  observe: (launcher: Launcher) => Launcher = (launcher) => launcher,
): AppHost {
  const modules = new CompiledModules(machine.disk, () => machine.clock.sleep(0));
  const grants = new Grants({ ...machine, onFacts: () => host.tell() }, directory);
  const lost = new LostMessages();
  const abroad = new Abroad(say, (application) => lost.add(application));
  const onLost = (application: string, count: number): void => lost.add(application, count);
  // Not amid the write of a guest.
  const hub = new ChannelHub(abroad, onLost, () => void machine.clock.after(0, () => host.tell()));
  const outbox = new OutboxWriter(`${directory}/outbox`, machine);
  const arrivals = new Arrivals(hub, say);
  const channels = { hub, outbox, abroad, arrivals, lost, asks: new Asks(say) };
  const droppedOf = (name: string): number => lost.of(name) + hub.counts(name).dropped;
  const rooms = {
    ...channels,
    grants,
    modules,
    droppedOf,
    waitingOf: (name: string) => hub.counts(name).waiting,
    directories: new ApplicationDirectories(machine.disk, directory),
  };
  const launcher = observe(guestLauncher({ ...machine, ...rooms, thread: new GuestThread(machine.turns) }));
  const host = new AppHost({ ...machine, ...rooms, ...launcher, logDirectory: `${directory}/logs` }, say);
  return host;
}
