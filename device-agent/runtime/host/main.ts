/**
 * An app host: a process that runs applications and nothing else, `node main.ts DIRECTORY`. It lives as long as the channel to
 * its supervisor, and runs nothing that another process of the same directory still runs.
 */
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { openHostDirectory } from '../../../platform/node/host-directory.ts';
import { waitForLock } from '../../../platform/node/lock.ts';
import { nodeOutbound } from '../../../platform/node/outbound.ts';
import { openNoteWriter } from '../../../platform/node/process-note.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { onStarterGone } from '../../../platform/node/starter-gone.ts';
import { OutboxWriter } from '../../outbox/files/outbox-writer.ts';
import { Abroad } from '../channels/abroad.ts';
import { Arrivals } from '../channels/arrivals.ts';
import { ChannelHub } from '../channels/channel-hub.ts';
import { LostMessages } from '../channels/lost-messages.ts';
import { Grants } from '../grants/grants.ts';
import type { FromHost, ToHost } from '../protocol.ts';
import { AppHost } from './app-host.ts';
import { CompiledModules } from './compiled-modules.ts';
import { Asks } from './events/http-source.ts';
import { guestLauncher } from './guest-launcher.ts';
import { LeftMemories } from './left-memories.ts';
import { Turns } from './turns.ts';

function serve(directory: string): void {
  // At once, whatever the guests are doing: the next supervisor starts a host of its own.
  onStarterGone(() => process.exit());
  // A terminal's Ctrl-C reaches the whole group; the supervisor decides when this process ends.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  nodeDisk.makeDirectory(directory);
  // A supervisor that was killed a moment ago hears nothing; that its channel closed is told by `disconnect`.
  const unheard = (): void => {};
  const say = (message: FromHost): void => {
    if (process.connected) process.send?.(message, undefined, undefined, unheard);
  };
  const machine = { clock: nodeClock, disk: nodeDisk, random: nodeRandom };
  const note = openNoteWriter();
  const turns = new Turns({ nextTurn: setImmediate, mark: (guest = '') => note(guest) });
  const modules = new CompiledModules(nodeDisk);
  const onFacts = (): void => host.tell();
  const machinery = { ...machine, openDirectory: openHostDirectory, outbound: nodeOutbound, onFacts };
  const grants = new Grants(machinery, directory);
  const abroad = new Abroad(say);
  const hub = new ChannelHub(abroad);
  const outbox = new OutboxWriter(`${directory}/outbox`, machine);
  const arrivals = new Arrivals(hub, say);
  const channels = { hub, outbox, abroad, arrivals, lost: new LostMessages(), asks: new Asks(say) };
  const rooms = { ...channels, grants, memories: new LeftMemories() };
  const launch = guestLauncher({ ...machine, ...rooms, turns, modules });
  // A supervisor killed a moment ago leaves hosts that are about to end; what they run is not started before.
  const lock = (name: string) => waitForLock(directory, `application-${name}`);
  const host = new AppHost({ ...machine, ...rooms, launch, modules, lock, logDirectory: `${directory}/logs` }, say);
  process.on('message', (message: ToHost) => {
    void host.receive(message).then(() => {
      if (message.kind === 'stop') process.exit();
    });
  });
  say({ kind: 'ready' });
}

const directory = process.argv[2];
if (directory === undefined || process.send === undefined) {
  process.stderr.write('fleet: this program is started by the agent\n');
  process.exit(64);
}
try {
  serve(directory);
} catch (error) {
  // It is started again and again: a line of its own, not Node's trace with the whole bundle in it.
  process.stderr.write(`fleet app host: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
