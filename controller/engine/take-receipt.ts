/** Takes what a device said of itself under its own key, and somebody carried ashore: as a report that is as old as it says. */
import type { Report } from '../../schemas/generated/types.ts';
import type { JsonObject } from '../shadow/document.ts';
import { packShadow, unpackShadow } from '../shadow/packed-shadow.ts';
import { applyRequest } from '../shadow/protocol.ts';
import type { Context } from './context.ts';
import { reportOf, shadowOf } from './device-shadow.ts';
import type { Draft } from './draft.ts';
import type { ReceiptEvent } from './events.ts';
import { recordDeed, type Tale } from './history.ts';
import type { DeviceRecord } from './records.ts';
import { orderOf } from './report-order.ts';
import { readReport, takeReport } from './take-report.ts';

/** Why it counts for nothing. */
export interface ReceiptRefusal {
  readonly code: string;
  readonly message: string;
}

/** What a receipt comes to. */
export interface TakenReceipt {
  readonly tales: readonly Tale[];
  readonly unbelieved?: ReceiptRefusal;
}

function refused(code: string, message: string): TakenReceipt {
  return { tales: [], unbelieved: { code, message } };
}

/**
 * By the device's own clock on both sides: a receipt of a start that nobody heard of may be an old one, brought once more. A clock that ran ahead is
 * set right some day: what was made, by a clock that is credible, since the report from the future came is newer than that.
 */
function olderThanKnown(
  report: Report,
  known: Report | undefined,
  { contactAt = 0 }: Pick<DeviceRecord, 'contactAt'>,
  now: number,
): TakenReceipt | undefined {
  if (known === undefined) return undefined;
  const [madeMs, knownMs] = [Date.parse(report.at), Date.parse(known.at)];
  const isSetRight = madeMs <= now && knownMs > now && madeMs > contactAt;
  if (madeMs > knownMs || isSetRight) return undefined;
  const message = `it was made ${report.at}, and a report of ${known.at} is known already: it was brought before, or is older`;
  return refused('RECEIPT_OLD', message);
}

/** Takes one that was found to be signed by the key that git names. */
export function takeReceipt(draft: Draft, context: Context, { device, reported, who }: ReceiptEvent): TakenReceipt {
  const { now, links, desired } = context;
  const key = desired.devices.get(device)?.keyFingerprint;
  if (key === undefined) return refused('DEVICE_UNKNOWN', `no manifest names a device ${device}`);
  const report = readReport(reported);
  if (typeof report === 'string') return refused('REPORT_NOT_VALID', report);
  const before = draft.device(device);
  const previous = before.heard?.key === key ? reportOf(draft, device) : undefined;
  const old = olderThanKnown(report, previous, before, now);
  if (old !== undefined) return old;
  const order = orderOf(before.heard, key, report);
  if (order.kind !== 'new') return refused(order.code, order.message);
  const request = { reported: report as unknown as JsonObject, replacesReported: true } as const;
  const { next } = applyRequest(device, unpackShadow(shadowOf(draft, device)), 'update', request, now);
  const packed = next && packShadow(next);
  if (packed?.reported === undefined) return refused('REPORT_NOT_VALID', 'the report has no room in a shadow');
  const { version, reported: section } = packed;
  // A clock that runs ahead makes nothing younger than now.
  const madeAt = Math.min(now, Date.parse(report.at));
  const tales = takeReport(
    draft,
    device,
    order,
    { version, reported: section, previous },
    { links, now, heardAt: madeAt },
  );
  draft.keep(device, { ...draft.device(device), carried: { at: now, by: who } });
  const message = `${who} brought its report of ${report.at} by hand`;
  recordDeed(draft, device, { at: new Date(now).toISOString(), code: 'RECEIPT', message });
  return { tales: [...tales, { level: 'info', event: 'receipt.taken', fields: { device, who, madeAt: report.at } }] };
}
