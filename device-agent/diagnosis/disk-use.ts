import type { Disk } from '../../platform/ports.ts';
import { channelDirectory, droppedPath, namesIn, segmentNumbers, segmentPath } from '../outbox/files/channel-files.ts';
import { readNote } from '../outbox/files/note.ts';
import { unlessGone } from '../outbox/files/read-segment.ts';
import { stateLayout } from '../state-layout.ts';

/** Files of a directory, without those of directories in it. */
export interface RoomUse {
  readonly files: number;
  readonly bytes: number;
}

/** What a channel has on the disk; never what it says. */
export interface ChannelUse extends RoomUse {
  readonly application: string;
  readonly channel: string;
  /** Messages that were dropped. */
  readonly dropped: number;
}

/** More of them are not looked at: an outbox has no more. */
const channelsMax = 512;

function bytesOf(disk: Disk, path: string): number | undefined {
  const stat = unlessGone(() => disk.stat(path));
  return stat?.kind === 'file' ? stat.bytes : undefined;
}

function useOf(disk: Disk, paths: readonly string[]): RoomUse {
  const sizes = paths.flatMap((path) => bytesOf(disk, path) ?? []);
  return { files: sizes.length, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
}

/** What the agent's own rooms of the state directory hold, by name. What applications keep is nobody else's to count. */
export function roomUses(disk: Disk, stateDirectory: string): Readonly<Record<string, RoomUse>> {
  const layout = stateLayout(stateDirectory);
  const rooms = {
    state: stateDirectory,
    deployments: `${stateDirectory}/deployments`,
    modules: layout.storeDirectory,
    prepared: layout.preparedDirectory,
    partial: layout.partialDirectory,
    trust: layout.trustDirectory,
    logs: layout.logDirectory,
    logbook: layout.logbookDirectory,
  };
  const useOfRoom = (room: string): RoomUse =>
    useOf(
      disk,
      namesIn(disk, room).map((name) => `${room}/${name}`),
    );
  return Object.fromEntries(Object.entries(rooms).map(([name, room]) => [name, useOfRoom(room)]));
}

/** What channels have on the disk for the shore. */
export function channelUses(disk: Disk, stateDirectory: string): readonly ChannelUse[] {
  const { outboxDirectory } = stateLayout(stateDirectory);
  const channels = namesIn(disk, outboxDirectory).flatMap((application) =>
    namesIn(disk, `${outboxDirectory}/${application}`).map((channel) => ({ application, channel })),
  );
  return channels.slice(0, channelsMax).map(({ application, channel }) => {
    const directory = channelDirectory(outboxDirectory, application, channel);
    const segments = segmentNumbers(disk, directory).map((number) => segmentPath(directory, number));
    const [dropped = 0] = readNote(disk, droppedPath(directory), 1) ?? [];
    return { application, channel, ...useOf(disk, segments), dropped };
  });
}
