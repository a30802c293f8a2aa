import { channelOutput } from '../../channels/channel-directories.ts';
import type { ChannelHub } from '../../channels/channel-hub.ts';
import type { LostMessages } from '../../channels/lost-messages.ts';
import type { HostedApplication } from '../../protocol.ts';
import { type HostPorts, LiveApplication } from '../hosted-application.ts';
import type { Life } from '../life.ts';
import type { OpenSource } from './event-source.ts';
import { eventTerms } from './event-terms.ts';
import { EventedApplication } from './evented-application.ts';
import { messageSource } from './message-source.ts';
import { ScheduleSource } from './schedule-source.ts';

/** What lives are opened with. */
export interface LifePorts extends HostPorts {
  readonly hub: ChannelHub;
  readonly lost: LostMessages;
}

async function sourceOf(application: HostedApplication, ports: LifePorts): Promise<OpenSource> {
  const { name, trigger } = application;
  if (trigger?.message !== undefined) {
    const { channel } = trigger.message;
    return (onEvent) => messageSource(ports.hub, name, channel, onEvent);
  }
  const { cron, timeZone = 'UTC' } = trigger!.schedule!;
  // Only a process that keeps a schedule carries the library.
  const { cronTimes } = await import('./cron.ts');
  const next = cronTimes(cron, timeZone);
  return (onEvent) => new ScheduleSource(ports.clock, next, eventTerms(application).queue, onEvent);
}

/** The life of an application as its trigger has it; nothing runs before it begins. */
export async function openLife(application: HostedApplication, ports: LifePorts, onChange: () => void): Promise<Life> {
  const { name, trigger, channels } = application;
  if (trigger === undefined) return new LiveApplication(application, ports, onChange);
  const outputs = Object.keys(channels?.out ?? {});
  const isAnswered = trigger.message !== undefined && outputs.length === 1;
  const options = {
    openSource: await sourceOf(application, ports),
    openAnswer: () =>
      isAnswered ? channelOutput(application, outputs[0]!, ports.hub, () => ports.lost.add(name)) : undefined,
    lost: () => ports.lost.of(name),
  };
  return new EventedApplication(application, ports, options, onChange);
}
