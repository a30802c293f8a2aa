/**
 * Work that is owed to a device until it is settled; after each failure it is tried later and later. That a device is to be told
 * of its deployment is marked in its record, which is written with the deployment anyway, and has a row only once it failed.
 */
import type { Draft } from './draft.ts';
import type { Image } from './image.ts';
import type { Known } from './known.ts';
import type { DeviceRecord, Owed } from './records.ts';

const firstPauseMs = 1_000;
const pauseMsMax = 5 * 60_000;

/** How much of an error is kept. */
const failureLengthMax = 300;

function pauseMs(attempts: number): number {
  return Math.min(firstPauseMs * 2 ** Math.min(attempts - 1, 20), pauseMsMax);
}

/** Until it is tried. What would wait longer than any pause was written down by a clock that ran ahead. */
export function waitMs({ dueAt }: Pick<Owed, 'dueAt'>, now: number): number {
  const leftMs = dueAt - now;
  return leftMs > pauseMsMax ? 0 : Math.max(0, leftMs);
}

/** What is owed to a device, by its row or by the mark in its record. */
export function owedTo(known: Known, kind: Owed['kind'], subject: string): Owed | undefined {
  const row = known.owed(kind, subject);
  const since = kind === 'deliver' ? known.device(subject).untoldSince : undefined;
  if (row !== undefined || since === undefined) return row;
  return { kind, subject, since, attempts: 0, dueAt: since };
}

/** All that is owed, by rows and by marks. */
export function* allOwed(image: Image): Generator<Owed> {
  for (const ofKind of Object.values(image.work)) yield* ofKind.values();
  for (const subject of image.untold) {
    const owed = owedTo(image, 'deliver', subject);
    if (owed !== undefined) yield owed;
  }
}

/** From now on the device is to be told what its shadow wants; what failed before is tried at once. */
export function oweWord(draft: Draft, device: string, now: number): void {
  const failed = draft.owed('deliver', device);
  if (failed !== undefined) draft.put({ kind: 'owed', owed: failed, settled: true });
  draft.keep(device, { ...draft.device(device), untoldSince: now });
}

/** The record of a device that was told, or will ask. */
export function told({ untoldSince: _, ...record }: DeviceRecord): DeviceRecord {
  return record;
}

/** Takes it off the list. */
export function settle(draft: Draft, { kind, subject }: Pick<Owed, 'kind' | 'subject'>): void {
  const owed = draft.owed(kind, subject);
  if (owed !== undefined) draft.put({ kind: 'owed', owed, settled: true });
  const record = draft.device(subject);
  if (kind !== 'deliver' || record.untoldSince === undefined) return;
  draft.put({ kind: 'device', name: subject, record: told(record), isPassing: true });
}

/** It failed: it stays owed, with a reason, until a later try. Returns the row. */
export function postpone(
  draft: Draft,
  { kind, subject }: Pick<Owed, 'kind' | 'subject'>,
  error: unknown,
  now: number,
): Owed {
  const before = owedTo(draft, kind, subject);
  const attempts = (before?.attempts ?? 0) + 1;
  const failure = (error instanceof Error ? error.message : String(error)).slice(0, failureLengthMax);
  const owed: Owed = { kind, subject, since: before?.since ?? now, attempts, dueAt: now + pauseMs(attempts), failure };
  draft.put({ kind: 'owed', owed, settled: false });
  return owed;
}
