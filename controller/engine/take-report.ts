/** Takes what a device says of itself into what is remembered, and what that changes into its history. */
import type { ErrorObject } from 'ajv';
import type { DeviceEvent, Report } from '../../schemas/generated/types.ts';
import { isReport } from '../../schemas/generated/validators/report.js';
import { eventsBetween } from '../../schemas/report-events.ts';
import { type JsonObject, withoutNulls } from '../shadow/document.ts';
import type { PackedSection } from '../shadow/packed-shadow.ts';
import type { Context } from './context.ts';
import { withReport } from './device-shadow.ts';
import type { Draft } from './draft.ts';
import { record, type Tale } from './history.ts';

import type { Order } from './report-order.ts';
import { withContact } from './silences.ts';
import { noteTurn } from './takeovers.ts';

function faultText(errors: readonly ErrorObject[]): string {
  return errors
    .slice(0, 3)
    .map(({ instancePath, message }) => `${instancePath === '' ? 'the report' : instancePath} ${message}`)
    .join('; ');
}

/** The report in a request, or what is wrong with it. Members that this version does not know are no fault. */
export function readReport(reported: JsonObject | null): Report | string {
  const value: unknown = reported === null ? null : withoutNulls(reported);
  return isReport(value) ? value : `the report is not one: ${faultText(isReport.errors ?? [])}`;
}

/** Remembers that the device said something that is not believed; told once, until a report is taken. */
export function dropReport(draft: Draft, device: string, code: string, message: string, now: number): Tale[] {
  const before = draft.device(device);
  const { since = now } = before.dropped ?? {};
  if (before.dropped?.code === code) return [];
  draft.keep(device, { ...before, dropped: { code, message, since } });
  return record(draft, device, [{ at: new Date(now).toISOString(), code, message }]);
}

/** The device says its newest report once more: an older one that came in between had lost its way, and says nothing of now. */
export function confirmReport(draft: Draft, device: string): void {
  const { dropped, ...record } = draft.device(device);
  if (dropped?.code === 'REPORT_LATE') draft.keep(device, record);
}

/**
 * Takes a report that is new into a shadow of this version. `previous` is the report that it follows; `heardAt` is when the device made one that
 * was carried.
 */
export function takeReport(
  draft: Draft,
  device: string,
  order: Extract<Order, { kind: 'new' }>,
  {
    version,
    reported,
    previous,
  }: { readonly version: number; readonly reported: PackedSection; readonly previous: Report | undefined },
  context: Pick<Context, 'links' | 'now'> & { readonly heardAt?: number },
): Tale[] {
  const { now, heardAt = now } = context;
  const { dropped: _over, carried: _by, ...before } = withContact(draft.device(device), context, heardAt);
  const taken = withReport(device, { ...before, heard: order.heard }, version, reported);
  draft.keep(device, taken.record);
  draft.put(taken.document);
  const report = reported.state as unknown as Report;
  const events: DeviceEvent[] = eventsBetween(previous, report, new Date(now).toISOString());
  const turn = order.alternates ? noteTurn(draft, device, [], now) : [];
  return [...record(draft, device, events), ...turn];
}
