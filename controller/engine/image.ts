/** All that the controller remembers, in memory: loaded once, and changed only by writes that are durable already. */
import type { Turn } from '../../platform/turn.ts';
import type { DeviceEvent, Refusal, RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';
import { noShadow } from '../shadow/packed-shadow.ts';
import type { StatePort, StateRow } from '../state/state-port.ts';
import type { ChannelMarks, DeviceRecord, Owed, Write } from './records.ts';
import { decodeRow, setAside } from './rows.ts';
import { SharedValues } from './shared-values.ts';

/** What is remembered, as whoever decides sees it. */
export interface Known {
  device(name: string): DeviceRecord;
  /** Newest first. */
  history(name: string): readonly DeviceEvent[];
  /** Up to where the shore has what its channels had to say. */
  marks(name: string): ChannelMarks;
  owed(kind: Owed['kind'], subject: string): Owed | undefined;
  readonly revision: RevisionStatus | undefined;
  readonly source: SourceStatus | undefined;
}

/** A device of which nothing is known. */
export const strange: DeviceRecord = { shadow: noShadow };

const noMarks: ChannelMarks = {};

/** A row that could not be read, and why. */
export interface Unreadable {
  readonly row: StateRow;
  readonly error: unknown;
}

export class Image implements Known {
  readonly devices = new Map<string, DeviceRecord>();
  /** Devices with a mark of what they may not have been told. */
  readonly untold = new Set<string>();
  readonly histories = new Map<string, readonly DeviceEvent[]>();
  readonly channels = new Map<string, ChannelMarks>();
  /** What is owed, by kind and subject. */
  readonly work: Readonly<Record<Owed['kind'], Map<string, Owed>>> = { issue: new Map(), deliver: new Map() };
  revision: RevisionStatus | undefined;
  source: SourceStatus | undefined;
  /** A commit that an operator took and that is not in force yet. */
  accepted: string | undefined;
  /** Who was not let in, by key. */
  readonly refusals = new Map<string, Refusal>();

  device(name: string): DeviceRecord {
    return this.devices.get(name) ?? strange;
  }

  history(name: string): readonly DeviceEvent[] {
    return this.histories.get(name) ?? [];
  }

  marks(name: string): ChannelMarks {
    return this.channels.get(name) ?? noMarks;
  }

  owed(kind: Owed['kind'], subject: string): Owed | undefined {
    return this.work[kind].get(subject);
  }

  /** Takes a durable write in. */
  apply(write: Write): void {
    switch (write.kind) {
      case 'device':
        this.devices.set(write.name, write.record);
        if (write.record.untoldSince === undefined) this.untold.delete(write.name);
        else this.untold.add(write.name);
        break;
      case 'history':
        if (write.events.length === 0) this.histories.delete(write.name);
        else this.histories.set(write.name, write.events);
        break;
      case 'marks':
        this.channels.set(write.name, write.marks);
        break;
      case 'owed':
        if (write.settled) this.work[write.owed.kind].delete(write.owed.subject);
        else this.work[write.owed.kind].set(write.owed.subject, write.owed);
        break;
      case 'revision':
        this.revision = write.revision;
        break;
      case 'source':
        this.source = write.source;
        break;
      case 'accepted':
        this.accepted = write.revision;
        break;
      case 'refusal':
        if (write.refusal === undefined) this.refusals.delete(write.key);
        else this.refusals.set(write.key, write.refusal);
        break;
      default:
        write satisfies never;
    }
  }
}

/**
 * Loads all there is; `onDevice` sees every record once. A row that can't be read is as if it were not there, and is moved aside: what it held is rebuilt from
 * git and from what its device says.
 */
export async function loadImage(
  state: StatePort,
  turn: Turn,
  onDevice: (name: string, record: DeviceRecord) => void = () => {},
): Promise<{ readonly image: Image; readonly unreadable: Unreadable[] }> {
  const image = new Image();
  const unreadable: Unreadable[] = [];
  const shared = new SharedValues();
  await state.load((row) => {
    try {
      const write = decodeRow(row);
      if (write?.kind === 'device') {
        const record = shared.inRecord(write.record);
        image.apply({ ...write, record });
        onDevice(write.name, record);
      } else if (write !== undefined) image.apply(write);
    } catch (error) {
      unreadable.push({ row, error });
    }
    return turn.isOver() ? turn.pause() : undefined;
  });
  // On a full disk they stay where they are, and are told of again at the next start.
  await state.commit(unreadable.flatMap(({ row }) => setAside(row))).catch(() => {});
  return { image, unreadable };
}
