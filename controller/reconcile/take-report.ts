/** Takes what a device says of itself into the store, and what that changes into its history. */
import type { ErrorObject } from 'ajv';
import { isReport } from '../../schemas/generated/validators.js';
import type { DeviceStore } from '../devices/device-store.ts';
import { eventsBetween } from './report-events.ts';

function faultText(errors: readonly ErrorObject[]): string {
  return errors
    .slice(0, 3)
    .map(({ instancePath, message }) => `${instancePath === '' ? 'the report' : instancePath} ${message}`)
    .join('; ');
}

/** A report that breaks the schema is not taken and stands in the history once, until the next that is taken. */
export function takeReport(store: DeviceStore, device: string, reported: unknown, now: number): void {
  const at = new Date(now).toISOString();
  if (!isReport(reported)) {
    const message = `sent a report that is not one: ${faultText(isReport.errors ?? [])}`;
    if (store.observed(device).events[0]?.message !== message) {
      store.recordEvent(device, { at, code: 'REPORT_NOT_VALID', message });
    }
    return;
  }
  const previous = store.observed(device).report;
  if (!store.recordReport(device, reported, now)) return;
  for (const event of eventsBetween(previous, reported, at)) store.recordEvent(device, event);
}
