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

/** What devices with one list of applications may differ in. */
const distinctions = Object.keys({
  revision: true,
  templateHash: true,
  signedBy: true,
  fleet: true,
  definition: true,
  work: true,
  goesOn: true,
  mayGoWhole: true,
  retries: true,
} satisfies Record<keyof Omit<IssueTerms, 'applications'>, true>) as (keyof IssueTerms)[];

/** The text that was made last for a list of applications, and of what: devices that were issued the same come one after the other. */
const written = new WeakMap<IssueTerms['applications'], { readonly of: IssueTerms; readonly text: string }>();

function termsText(issued: IssuedDeployment): string {
  const last = written.get(issued.applications);
  if (last !== undefined && distinctions.every((name) => last.of[name] === issued[name])) return last.text;
  const { sequence: _, issuedAt: _at, ...terms } = issued;
  const text = JSON.stringify(terms satisfies IssueTerms);
  written.set(issued.applications, { of: terms, text });
  return text;
}

/** The row of a record. */
export function packRecord({ issued, ...record }: DeviceRecord): DeviceRow {
  if (issued === undefined) return record;
  const { sequence, issuedAt } = issued;
  return { issued: { sequence, issuedAt, terms: termsText(issued) }, ...record };
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
