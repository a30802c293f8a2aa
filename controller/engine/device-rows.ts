/**
 * The row of a device. What devices share of what they were issued is one text in it, which is read once for all of them:
 *
 *     {"issued":{"sequence":3,"issuedAt":1795955082480,"terms":"{\"revision\":…"},"shadow":{"version":4,…},"gist":{…},…}
 */
import type { IssuedDeployment } from '../planning/observed.ts';
import type { DeviceRecord } from './records.ts';
import type { SharedValues } from './shared-values.ts';

/** What devices of a fleet were issued alike. */
export type IssueTerms = Omit<IssuedDeployment, 'sequence' | 'issuedAt'>;

/** A record as it is written. */
export interface DeviceRow extends Omit<DeviceRecord, 'issued'> {
  readonly issued?: Pick<IssuedDeployment, 'sequence' | 'issuedAt'> & { readonly terms: string };
}

/** The row of a record. */
export function packRecord({ issued, ...record }: DeviceRecord): DeviceRow {
  if (issued === undefined) return record;
  const { sequence, issuedAt, ...terms } = issued;
  return { issued: { sequence, issuedAt, terms: JSON.stringify(terms satisfies IssueTerms) }, ...record };
}

/** The record of a row; `readTerms` throws on what can't be believed. */
export function unpackRow(
  { issued, ...record }: DeviceRow,
  shared: SharedValues,
  readTerms: (text: string) => IssueTerms,
): DeviceRecord {
  if (issued === undefined) return record;
  const { sequence, issuedAt, terms } = issued;
  return { ...record, issued: { sequence, issuedAt, ...shared.read(terms, readTerms) } };
}
