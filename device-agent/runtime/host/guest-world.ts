import type { Clock, Random } from '../../../platform/ports.ts';
import type { OutboxPort } from '../../outbox/files/outbox-port.ts';
import { channelDirectories } from '../channels/channel-directories.ts';
import type { ChannelHub } from '../channels/channel-hub.ts';
import type { LostMessages } from '../channels/lost-messages.ts';
import type { Grants } from '../grants/grants.ts';
import type { OpenDirectory } from '../primitives/open-directory.ts';
import { fileDirectory } from '../primitives/read-only-directory.ts';
import { emptyInput, lineOutput } from '../primitives/streams.ts';
import { suspendingWait } from '../primitives/waiting.ts';
import type { HostedApplication } from '../protocol.ts';
import type { GuestWorld } from '../wasi/world.ts';
import { EventStreams } from './event-streams.ts';
import type { EventInput, RunHandlers } from './launch.ts';
import type { RunTimers } from './run-timers.ts';

/** What of the outside guests are given. */
export interface WorldPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly hub: ChannelHub;
  readonly outbox: OutboxPort;
  readonly lost: LostMessages;
  readonly grants: Grants;
}

/** The directory `/config`, which nobody writes to. */
function configuration(config: HostedApplication['config']): OpenDirectory {
  const text = new TextEncoder().encode(`${JSON.stringify(config)}\n`);
  return fileDirectory({ 'config.json': text });
}

/** All that an application sees. */
export function worldOf(
  application: HostedApplication,
  { clock, random, hub, outbox, lost, grants }: WorldPorts,
  onOutput: RunHandlers['onOutput'],
  timers: RunTimers,
  event: EventInput | EventStreams | undefined,
): Omit<GuestWorld, 'leave'> {
  const { name, args, env, config } = application;
  const { directories, abandon, onUngranted } = grants.open(application, (text) =>
    onOutput('stderr', new TextEncoder().encode(`fleet: ${text}\n`)),
  );
  const onDropped = (): void => lost.add(name);
  const channels = channelDirectories(application, { hub, outbox }, { onDropped, onUngranted });
  return {
    args: [name, ...args],
    environment: event instanceof EventStreams ? event.environment : { ...event?.environment, ...env },
    directories: { '/config': configuration(config), ...channels, ...directories },
    abandon,
    stdin: event?.stdin ?? emptyInput,
    stdout: event?.stdout ?? lineOutput((bytes) => onOutput('stdout', bytes)),
    stderr: lineOutput((bytes) => onOutput('stderr', bytes)),
    now: clock.now,
    monotonic: clock.monotonic,
    random: random.bytes,
    wait: suspendingWait(timers),
  };
}
