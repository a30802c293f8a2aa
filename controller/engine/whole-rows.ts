/**
 * Rows of devices as controllers wrote them that loaded everything: a row held the envelope, and the shadow with the newest report.
 * Each is split once, at the first start that finds it.
 */
import type { Report } from '../../schemas/generated/types.ts';
import { isReport } from '../../schemas/generated/validators.js';
import type { PackedSection } from '../shadow/packed-shadow.ts';
import { noShadow, withReport } from './device-shadow.ts';
import { blobOf, travelsAsBlob } from './issue.ts';
import type { DeviceRecord, DocumentWrite, ShadowMark, Write } from './records.ts';

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
  return shadow === undefined || 'envelope' in value || 'reported' in shadow || 'desired' in shadow;
}

function withoutNulls(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}

function documentsOf(name: string, envelope: string | undefined, reported: PackedSection | undefined): DocumentWrite[] {
  return [
    ...(envelope === undefined ? [] : [{ kind: 'document', room: 'envelope', name, value: envelope } as const]),
    ...(reported === undefined ? [] : [{ kind: 'document', room: 'reported', name, value: reported } as const]),
  ];
}

/** A desired state that does not follow from the envelope is put right when its device is thought over. */
function markOf({ version, deleted, desired }: NonNullable<WholeRow['shadow']>): ShadowMark {
  if (!Number.isSafeInteger(version)) throw new TypeError('its shadow has no version');
  return {
    version,
    ...(deleted === undefined ? {} : { deleted }),
    ...(typeof desired === 'number' ? { desiredAt: desired } : {}),
  };
}

/** The record and the documents. Throws on what is not whole. */
export function splitRow(name: string, row: WholeRow): Write[] {
  const { envelope, shadow, ...rest } = row;
  const { issued, ...record } = withoutNulls(rest) as Omit<DeviceRecord, 'shadow'>;
  const isIssued = issued !== undefined;
  if (isIssued !== (typeof envelope === 'string')) throw new TypeError('what it was issued is not whole');
  const reported = shadow?.reported;
  if (reported !== undefined && !isReport(reported.state as unknown as Report)) {
    throw new TypeError('its report is not one');
  }
  const inline = typeof envelope === 'string' && !travelsAsBlob(envelope) ? envelope : undefined;
  const mark = shadow === undefined ? noShadow : markOf(shadow);
  const whole: DeviceRecord = {
    ...{ ...record, shadow: mark },
    ...(isIssued ? { issued } : {}),
    ...(typeof envelope === 'string' && inline === undefined ? { blob: blobOf(envelope) } : {}),
    ...(reported === undefined ? {} : withReport(mark, mark.version, reported)),
  };
  return [{ kind: 'device', name, record: whole }, ...documentsOf(name, inline, reported)];
}
