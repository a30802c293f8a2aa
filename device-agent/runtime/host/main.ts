/**
 * An app host: a process that runs applications and nothing else, `node main.ts DIRECTORY`. It lives as long as the channel to
 * its supervisor, and runs nothing that another process of the same directory still runs.
 */
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { openHostDirectory } from '../../../platform/node/host-directory.ts';
import { waitForLock } from '../../../platform/node/lock.ts';
import { nodeMachine } from '../../../platform/node/machine.ts';
import { nodeOutbound } from '../../../platform/node/outbound.ts';
import { openNoteWriter } from '../../../platform/node/process-note.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { onStarterGone } from '../../../platform/node/starter-gone.ts';
import { clearMemory, quietMs } from '../../clear-memory.ts';
import { Quiet } from '../../quiet.ts';
import type { FromHost, ToHost } from '../protocol.ts';
import { openAppHost } from './open-app-host.ts';
import { Turns } from './turns.ts';

function serve(directory: string): void {
  // At once, whatever the guests are doing: the next supervisor starts a host of its own.
  onStarterGone(() => process.exit());
  // A terminal's Ctrl-C reaches the whole group; the supervisor decides when this process ends.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  nodeDisk.makeDirectory(directory);
  let lastSaid = Promise.resolve();
  const say = (message: FromHost): void => {
    if (!process.connected) return;
    // A supervisor that was killed a moment ago hears nothing; that its channel closed is told by `disconnect`.
    lastSaid = new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
  };
  const note = openNoteWriter();
  const machine = {
    ...{ clock: nodeClock, disk: nodeDisk, random: nodeRandom, outbound: nodeOutbound, machine: nodeMachine },
    openDirectory: openHostDirectory,
    turns: new Turns({ nextTurn: setImmediate, mark: (guest = '') => note(guest) }),
    // A supervisor killed a moment ago leaves hosts that are about to end; what they run is not started before.
    lock: (name: string) => waitForLock(directory, `application-${name}`),
  };
  const host = openAppHost(machine, directory, say);
  // Who comes and goes leaves garbage; events, messages and orders for the same again leave less than clearing it would hold them up.
  const quiet = new Quiet(nodeClock, quietMs, clearMemory);
  process.on('message', (message: ToHost) => {
    void host.receive(message).then(async (hasChanged) => {
      if (hasChanged) quiet.stir();
      if (message.kind !== 'stop') return;
      await lastSaid;
      process.exit();
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
