/** Changed files, told apart: the devices of a first revision, which are as many as the fleet, and all others. */
import { DeviceSheet, type Reread } from './device-sheet.ts';
import type { FileChange } from './draft.ts';
import { ownChange } from './manifest-path.ts';
import type { ManifestState } from './manifest-state.ts';
import { forEachInSteps, type Steps } from './steps.ts';

/** What comes to a state: rows, and changes besides. */
export interface Incoming {
  readonly sheet: DeviceSheet;
  readonly changes: readonly FileChange[];
}

/** Takes the files one after the other: without a sheet where there are devices already, or where two may be the same. */
export function* takeIn(
  { files }: ManifestState,
  changed: Iterable<FileChange>,
  reread: Reread | undefined,
): Steps<Incoming> {
  const sheet = new DeviceSheet(reread);
  const changes: FileChange[] = [];
  yield* forEachInSteps(changed, (change) => {
    if (files.size > 0 || !sheet.takes(change)) changes.push(ownChange(change));
  });
  if (yield* sheet.isDistinctFrom(changes)) return { sheet, changes };
  return { sheet: new DeviceSheet(), changes: [...changes, ...sheet.files()] };
}
