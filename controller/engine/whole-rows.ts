/**
 * Rows of devices as controllers wrote them that loaded everything: a row held the envelope, and the shadow with the newest report.
 * Each is split once, at the first start that finds it.
 */
import type { PackedSection } from '../shadow/packed-shadow.ts';
import { packRecord } from './device-rows.ts';
import { noShadow, withReport } from './device-shadow.ts';
import { blobOf, travelsAsBlob } from './issue.ts';
import type { DeviceRecord, ShadowMark, Write } from './records.ts';
import { assertDocument, assertRow, readTerms } from './row-shapes.ts';

/** Such a row; what is not there may be null in it. */
interface WholeRow extends Omit<DeviceRecord, 'shadow' | 'gist' | 'runs' | 'blob'> {
  readonly envelope?: string | null;
  readonly shadow?: {
    readonly version: number;
    readonly deleted?: true;
    /** When it was set, where it follows from the envelope; as a whole where it does not. */
    readonly desired?: number | object;
    readonly reported?: PackedSection;
  };
}

/** Whether a row is one of these. Theirs alone has no shadow, or an envelope or a report in it. */
export function isWholeRow(value: unknown): value is WholeRow {
  if (typeof value !== 'object' || value === null) return false;
  const { shadow } = value as WholeRow;
  if (typeof shadow !== 'object' || shadow === null) return true;
  return 'envelope' in value || 'reported' in shadow || 'desired' in shadow;
}

type WithoutNulls<T> = { readonly [K in keyof T]: Exclude<T[K], null> };

function withoutNulls<T extends object>(row: T): WithoutNulls<T> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as WithoutNulls<T>;
}

/** A desired state that does not follow from the envelope is put right when its device is thought over. */
function markOf({ version, deleted, desired }: NonNullable<WholeRow['shadow']>): ShadowMark {
  return {
    version,
    ...(deleted === undefined ? {} : { deleted }),
    ...(typeof desired === 'number' ? { desiredAt: desired } : {}),
  };
}

/** The record and the documents. Throws on what is not whole, or can't be believed. */
export function splitRow(name: string, whole: WholeRow): Write[] {
  const { envelope, shadow, ...rest } = withoutNulls(whole);
  if ((rest.issued === undefined) !== (envelope === undefined)) {
    throw new TypeError('of what it was issued and its envelope one is not there');
  }
  if (envelope !== undefined) assertDocument('envelope', envelope);
  const reported = shadow?.reported;
  if (reported !== undefined) assertDocument('reported', reported);
  const blob = envelope !== undefined && travelsAsBlob(envelope) ? blobOf(envelope) : undefined;
  const mark = shadow === undefined ? noShadow : markOf(shadow);
  const bare: DeviceRecord = { ...rest, shadow: mark, ...(blob === undefined ? {} : { blob }) };
  const taken = reported && withReport(name, bare, mark.version, reported);
  const record = taken?.record ?? bare;
  const row = packRecord(record);
  assertRow('device', name, row);
  if (row.issued !== undefined) readTerms(row.issued.terms);
  return [
    { kind: 'device', name, record },
    ...(envelope === undefined ? [] : [{ kind: 'document', room: 'envelope', name, value: envelope } as const]),
    ...(taken === undefined ? [] : [taken.document]),
  ];
}
