import type { Trigger } from '../../../../schemas/generated/types.ts';
import { memoryBytesMax } from '../../../../schemas/memory-limit.ts';
import type { OutboxPort } from '../../../outbox/files/outbox-port.ts';
import { channelOutput } from '../../channels/channel-directories.ts';
import type { ChannelHub } from '../../channels/channel-hub.ts';
import type { ChannelOutput } from '../../channels/channel-streams.ts';
import type { LostMessages } from '../../channels/lost-messages.ts';
import type { ApplicationDirectories } from '../../grants/application-directories.ts';
import type { HostedApplication } from '../../protocol.ts';
import { hasKeptState } from '../../snapshot/kept-state.ts';
import { KeptStateFiles } from '../../snapshot/kept-state-files.ts';
import { type HostPorts, LiveApplication } from '../hosted-application.ts';
import type { Life } from '../life.ts';
import { EventQueue } from './event-queue.ts';
import type { OpenSource } from './event-source.ts';
import { eventTerms } from './event-terms.ts';
import { EventedApplication } from './evented-application.ts';
import { type Asks, HttpSource } from './http-source.ts';
import { messageSource } from './message-source.ts';
import { ScheduleSource } from './schedule-source.ts';
import { StateKeeper } from './state-keeper.ts';
import { StateShelf } from './state-shelf.ts';

/** What lives are opened with. */
export interface LifePorts extends HostPorts {
  readonly hub: ChannelHub;
  readonly outbox: OutboxPort;
  readonly lost: LostMessages;
  readonly asks: Asks;
  readonly directories: Pick<ApplicationDirectories, 'open'>;
  /** A source in place of the one that the trigger has; undefined where it is to have its own. */
  readonly openSource?: (application: HostedApplication) => OpenSource | undefined;
}

/** Where an instance's answer to a message goes: to the application's only channel, or else to the log. */
function openAnswer(application: HostedApplication, { hub, outbox, lost }: LifePorts): ChannelOutput | undefined {
  const [channel, ...others] = Object.keys(application.channels?.out ?? {});
  if (channel === undefined || others.length > 0) return undefined;
  return channelOutput(application, channel, { hub, outbox }, () => lost.add(application.name));
}

async function sourceOf(application: HostedApplication, trigger: Trigger, ports: LifePorts): Promise<OpenSource> {
  const { name } = application;
  const { queue } = eventTerms(application);
  if (trigger.message !== undefined) {
    const { channel } = trigger.message;
    return (onEvent) => messageSource(ports.hub, name, channel, () => openAnswer(application, ports), onEvent);
  }
  if (trigger.schedule !== undefined) {
    const { cron, timeZone = 'UTC' } = trigger.schedule;
    // Only a process that keeps a schedule carries the library.
    const { cronTimes } = await import('../../../cron-times.ts');
    const next = cronTimes(cron, timeZone);
    return (onEvent) => new ScheduleSource(ports.clock, next, queue, onEvent);
  }
  return (onEvent, note) => new HttpSource(ports.asks, name, queue, onEvent, note);
}

/** How much larger than a memory a snapshot of it may be. */
const headBytesMax = 2 * 2 ** 20;

/** Who keeps the state of its instance, where that is asked for. */
function keeperOf(application: HostedApplication, { clock, disk, directories }: LifePorts) {
  if (!hasKeptState(application)) return {};
  const { name, sha256, events, handover, predecessor } = application;
  const carried = handover === undefined ? {} : { handover };
  const terms = {
    ...{ sha256, ...carried, fileBytesMax: memoryBytesMax(application) + headBytesMax },
    ...(predecessor === undefined ? {} : { predecessor }),
  };
  const pause = (): Promise<void> => clock.sleep(0);
  const shelf = new StateShelf(terms, () => new KeptStateFiles(disk, directories.open(name, 'state'), pause));
  const snapshots = events?.snapshots === undefined ? {} : { snapshots: events.snapshots };
  return { keeper: new StateKeeper({ ...carried, ...snapshots }, { clock, shelf }) };
}

/**
 * The life of an application as its trigger has it, with what waited for the release before it; nothing runs before it begins.
 */
export async function openLife(
  application: HostedApplication,
  ports: LifePorts,
  onChange: () => void,
  inherited?: EventQueue,
): Promise<Life> {
  const { name, trigger } = application;
  if (trigger === undefined) return new LiveApplication(application, ports, onChange);
  const openSource = ports.openSource?.(application) ?? (await sourceOf(application, trigger, ports));
  const queue = (): EventQueue => inherited ?? new EventQueue(openSource);
  const options = { queue, lost: () => ports.lost.of(name), ...keeperOf(application, ports) };
  return new EventedApplication(application, ports, options, onChange);
}
