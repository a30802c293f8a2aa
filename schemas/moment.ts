/** Moments as people write them. */

/** Of RFC 3339, with seconds or without. */
const form = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Whether the calendar has the day that a text begins with: `2026-02-30` would be read as the 2nd of March. */
export function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  const ms = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

/** `2026-12-01T08:00:00Z` in milliseconds since the epoch; undefined of what is no moment, has no zone or names a day that there is not. */
export function momentMsOf(text: string): number | undefined {
  return form.test(text) && isDay(text) ? Date.parse(text) : undefined;
}
