/**
 * What whoever helps from afar has to see of a device: what it said last, where its engine is, its disk, its clock, what went over its
 * links and what happened to it. It is read from the disk alone, with or without an agent that runs, and changes nothing there.
 *
 * Absent: keys, secrets, deployments with their configuration, and what applications keep, print, publish or say.
 */
import type { Clock, Disk } from '../../platform/ports.ts';
import { printableDeep } from '../../platform/printable.ts';
import type { ApplicationReport, Report, Waiting } from '../../schemas/generated/types.ts';
import type { LinkCount } from '../links/link-count.ts';
import { readLogbook, type WrittenEntry } from '../logbook/read-logbook.ts';
import { type AgentStatus, readStatus } from '../report/status-file.ts';
import { stateLayout } from '../state-layout.ts';
import { readJournal } from '../update/journal.ts';
import { readLedger } from '../update/ledger.ts';
import type { Memory } from '../update/state.ts';
import { type ChannelUse, channelUses, type RoomUse, roomUses } from './disk-use.ts';

/** Why a part is not there: the disk did not give it. */
export interface Unreadable {
  readonly unreadable: string;
}

/** All of it; times are RFC 3339. */
export interface Diagnosis {
  readonly kind: 'Diagnosis';
  readonly isRunning: boolean;
  /** What it said of itself last; null where it never did, or that is not whole. */
  readonly status: AgentStatus | null | Unreadable;
  /** What its engine remembers. */
  readonly journal: Memory | Unreadable;
  readonly clock: {
    /** By the clock of the machine, when this was made. */
    readonly machine: string;
    /** By what was signed it is not earlier; null where nothing was. */
    readonly signed: string | null | Unreadable;
  };
  readonly boots: number | Unreadable;
  /** What went over the links of its site, by name. */
  readonly links: Readonly<Record<string, LinkCount>> | Unreadable;
  readonly freeBytes: number | Unreadable;
  readonly rooms: Readonly<Record<string, RoomUse>> | Unreadable;
  readonly outbox: readonly ChannelUse[] | Unreadable;
  /** The newest entries that are on its disk still, oldest first. */
  readonly logbook: readonly WrittenEntry[] | Unreadable;
}

/** What it is read with. */
export interface DiagnosisPorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly disk: Disk;
}

const entriesMax = 256;

/** A disk that fails is what many are made for: each part stands by itself. */
function part<T>(read: () => T): T | Unreadable {
  try {
    return read();
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
}

function withoutApplicationData({ facts: _facts, lines: _lines, ...rest }: ApplicationReport): ApplicationReport {
  return rest;
}

function withoutSights({ seen: _seen, ...rest }: Waiting): Waiting {
  return rest;
}

function reportWithout({ applications, waiting, ...rest }: Report): Report {
  return {
    ...rest,
    applications: applications.map(withoutApplicationData),
    ...(waiting === undefined ? {} : { waiting: withoutSights(waiting) }),
  };
}

function statusOf(disk: Disk, stateDirectory: string): AgentStatus | null {
  const status = readStatus(disk, stateDirectory);
  return status === undefined ? null : { ...status, report: reportWithout(status.report) };
}

function timeOf(ms: number): string | null {
  return ms === 0 ? null : new Date(ms).toISOString();
}

/** What there is to see in a state directory, in characters that steer no terminal. */
export function diagnose({ clock, disk }: DiagnosisPorts, stateDirectory: string, isRunning: boolean): Diagnosis {
  const ledger = part(() => readLedger(disk, stateDirectory));
  const isLost = 'unreadable' in ledger;
  return printableDeep({
    kind: 'Diagnosis',
    isRunning,
    status: part(() => statusOf(disk, stateDirectory)),
    journal: part(() => readJournal(disk, stateDirectory)),
    clock: {
      machine: new Date(clock.now()).toISOString(),
      signed: isLost ? ledger : part(() => timeOf(ledger.timeFloorMs)),
    },
    boots: isLost ? ledger : ledger.boots,
    links: isLost ? ledger : ledger.links,
    freeBytes: part(() => disk.freeBytes(stateDirectory)),
    rooms: part(() => roomUses(disk, stateDirectory)),
    outbox: part(() => channelUses(disk, stateDirectory)),
    logbook: part(() => readLogbook(disk, stateLayout(stateDirectory).logbookDirectory, entriesMax)),
  });
}
