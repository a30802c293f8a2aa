/** `/channels/in` and `/channels/out`, as a guest finds the channels that its manifest names. */
import { FileError } from '../../../platform/file-handles.ts';
import type { DeployedApplication } from '../../../schemas/generated/types.ts';
import type { OpenDirectory } from '../primitives/open-directory.ts';
import type { OpenStream } from '../primitives/open-stream.ts';
import { streamDirectory } from '../primitives/read-only-directory.ts';
import { channelTerms } from './channel-hub.ts';
import { ChannelInput, ChannelOutput, type ChannelOutputOptions } from './channel-streams.ts';

/** Whom a run tells what becomes of what it does with channels. */
export interface ChannelListener {
  /** Called for each message that nobody gets. */
  readonly onDropped: () => void;
  /** Called with the path of a channel that it asked for and was not granted. */
  readonly onUngranted: (path: string) => undefined;
}

function directoryOf(
  path: string,
  names: readonly string[],
  open: (name: string) => OpenStream,
  { onUngranted }: ChannelListener,
): OpenDirectory {
  const known = new Set(names);
  return streamDirectory(names, (name) => (known.has(name) ? open(name) : onUngranted(`${path}/${name}`)));
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
  listener: ChannelListener,
): Readonly<Record<string, OpenDirectory>> {
  const { name, channels } = application;
  const input = (channel: string): OpenStream => ({
    kind: 'input',
    stream: new ChannelInput(ways.hub.queue(name, channel)!),
  });
  const output = (channel: string): OpenStream => {
    const stream = channelOutput(application, channel, ways, listener.onDropped);
    return { kind: 'output', stream, close: () => stream.close() };
  };
  const directory = (path: string, granted: object | undefined, open: (name: string) => OpenStream) =>
    granted === undefined ? {} : { [path]: directoryOf(path, Object.keys(granted), open, listener) };
  return {
    ...directory('/channels/in', channels?.in, input),
    ...directory('/channels/out', channels?.out, output),
  };
}
