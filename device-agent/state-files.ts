import { makeDirectoryDurably } from '../platform/durable-file.ts';
import type { Disk } from '../platform/ports.ts';
import { ApplicationDirectories } from './runtime/grants/application-directories.ts';
import { PreparedStore } from './runtime/prepare/prepared-store.ts';
import { stateLayout } from './state-layout.ts';
import { ModuleStore } from './storage/module-store.ts';
import { type Journal, openJournal } from './update/journal.ts';
import { Ledger } from './update/ledger.ts';
import { Slots } from './update/slots.ts';
import type { Memory } from './update/state.ts';

/**
 * All that an agent keeps, below its state directory:
 *
 *     engine.a engine.b   where the update engine is (`update/journal.ts`)
 *     ledger.a ledger.b   time floor, boots, bytes received (`update/ledger.ts`)
 *     deployments/        envelopes of the deployments it runs, ran last and wants (`update/slots.ts`)
 *     sha256/             modules under their digests (`storage/module-store.ts`)
 *     prepared/           modules made ready to run (`runtime/prepare/prepared-store.ts`)
 *     runtime/            logs and locks, and what applications keep (`runtime/grants/application-directories.ts`)
 *     partial/            downloads under way (`download/partial-file.ts`)
 *     trust/              signed release metadata (`download/metadata.ts`)
 *     runtime/outbox      what applications have to say to the shore (`outbox/files/channel-files.ts`)
 *     logbook/            what happened to it, for the shore, and how it lives (`logbook/chronicle.ts`)
 *     status.json         what it last said of itself (`report/status-file.ts`)
 */
export interface StateFiles {
  readonly directory: string;
  readonly partialDirectory: string;
  readonly store: ModuleStore;
  readonly prepared: PreparedStore;
  readonly kept: ApplicationDirectories;
  readonly slots: Slots;
  readonly ledger: Ledger;
  readonly journal: Journal;
  /** What the journal held when it was opened. */
  readonly memory: Memory;
}

/** Opens the state directory for one life of the agent, and makes it when it is not there. */
export function openStateFiles(disk: Disk, directory: string): StateFiles {
  const { partialDirectory, storeDirectory, preparedDirectory, runtimeDirectory } = stateLayout(directory);
  makeDirectoryDurably(disk, partialDirectory);
  return {
    directory,
    partialDirectory,
    store: new ModuleStore(disk, storeDirectory),
    prepared: new PreparedStore(disk, preparedDirectory),
    kept: new ApplicationDirectories(disk, runtimeDirectory),
    slots: new Slots(disk, `${directory}/deployments`),
    ledger: new Ledger(disk, directory),
    ...openJournal(disk, directory),
  };
}
