/** What a controller told of its own state, as a simulated one goes on from it. */
import type { KeptRow } from '../../schemas/generated/types.ts';
import { isItsOwn } from '../engine/context.ts';
import { withoutReport } from '../engine/device-shadow.ts';
import type { DeviceRecord, Write } from '../engine/records.ts';
import { decodeRow, encodeWrite } from '../engine/rows.ts';
import { SharedValues } from '../engine/shared-values.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import type { ReportGist } from '../planning/observed.ts';
import type { JsonObject } from '../shadow/document.ts';
import { MemoryState } from './memory-state.ts';

/** A row that can't be believed; the message says which and why. */
export class BadRow extends Error {
  override readonly name = 'BadRow';
}

function read(row: KeptRow, shared: SharedValues): readonly Write[] {
  try {
    return decodeRow(row, shared);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadRow(`its row ${row.room}/${row.key} can't be believed: ${why}`);
  }
}

/** A report that says no more than what is kept of it. */
function reportOf(gist: ReportGist): JsonObject {
  return { ...gist, at: gist.since, counter: 0, agentVersion: 'simulated' } as unknown as JsonObject;
}

/** The envelope is of no use to a device that is simulated; whose reports are new begins anew with it. */
function* ofDevice(name: string, { heard, blob: _blob, ...told }: DeviceRecord, key: string | undefined) {
  const record = isItsOwn(heard, key) ? told : withoutReport(told);
  const { issued, gist } = record;
  yield { kind: 'device', name, record } as const;
  if (issued !== undefined) yield { kind: 'document', room: 'envelope', name, value: '' } as const;
  if (gist !== undefined) {
    yield { kind: 'document', room: 'reported', name, value: { state: reportOf(gist), at: 0 } } as const;
  }
}

function begun(write: Write, { devices }: DesiredFleet): readonly Write[] {
  if (write.kind === 'device') {
    const device = devices.get(write.name);
    return device === undefined ? [] : [...ofDevice(write.name, write.record, device.keyFingerprint)];
  }
  return write.kind === 'owed' && !devices.has(write.owed.subject) ? [] : [write];
}

/** Of the devices of this commit, which is in force. Throws `BadRow`. */
export async function begunState(rows: readonly KeptRow[], desired: DesiredFleet): Promise<MemoryState> {
  const shared = new SharedValues();
  const state = new MemoryState();
  for (const row of rows) {
    const writes = read(row, shared).flatMap((write) => begun(write, desired));
    await state.commit(writes.map(encodeWrite));
  }
  return state;
}
