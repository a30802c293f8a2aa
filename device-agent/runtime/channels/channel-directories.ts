/** `/channels/in` and `/channels/out`, as a guest finds the channels that its manifest names. */
import { FileError } from '../../../platform/file-handles.ts';
import type { DeployedApplication } from '../../../schemas/generated/types.ts';
import type { OpenDirectory } from '../primitives/open-directory.ts';
import type { OpenStream } from '../primitives/open-stream.ts';
import { streamDirectory } from '../primitives/read-only-directory.ts';
import { channelTerms } from './channel-hub.ts';
import { ChannelInput, ChannelOutput, type ChannelOutputOptions } from './channel-streams.ts';

function directoryOf(names: readonly string[], open: (name: string) => OpenStream): OpenDirectory {
  const known = new Set(names);
  return streamDirectory(names, (name) => (known.has(name) ? open(name) : undefined));
}

/** Where the messages of a process go: to its channels, and to the shore. */
export type MessageWays = Pick<ChannelOutputOptions, 'hub' | 'outbox'>;

/** A new writer's end of a channel. */
export function channelOutput(
  { name, channels }: Pick<DeployedApplication, 'name' | 'channels'>,
  channel: string,
  { hub, outbox }: MessageWays,
  onDropped: () => void,
): ChannelOutput {
  const terms = channels?.out?.[channel];
  if (terms === undefined) throw new FileError('no-entry', `${name} writes no channel ${channel}`);
  return new ChannelOutput({ hub, outbox, application: name, channel, terms: channelTerms(terms), onDropped });
}

/** The directories that an application has, by their paths. */
export function channelDirectories(
  application: Pick<DeployedApplication, 'name' | 'channels'>,
  ways: MessageWays,
  onDropped: () => void,
): Readonly<Record<string, OpenDirectory>> {
  const { name, channels } = application;
  const input = (channel: string): OpenStream => ({
    kind: 'input',
    stream: new ChannelInput(ways.hub.queue(name, channel)!),
  });
  const output = (channel: string): OpenStream => {
    const stream = channelOutput(application, channel, ways, onDropped);
    return { kind: 'output', stream, close: () => stream.close() };
  };
  return {
    ...(channels?.in === undefined ? {} : { '/channels/in': directoryOf(Object.keys(channels.in), input) }),
    ...(channels?.out === undefined ? {} : { '/channels/out': directoryOf(Object.keys(channels.out), output) }),
  };
}
