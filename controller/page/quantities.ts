/** Times, bytes and counts as the page shows them. */

const steps = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** A length of time in one unit, or in two where the first says little: `8 s`, `2 h 40 min`, `12 d`. */
export function span(ms: number): string {
  const at = steps.findIndex(([size]) => ms >= size);
  if (at === -1) return '0 s';
  const [size, unit] = steps[at]!;
  const count = Math.floor(ms / size);
  const next = steps[at + 1];
  const rest = next === undefined ? 0 : Math.floor((ms % size) / next[0]);
  // Seconds beside minutes would never stand still.
  if (rest === 0 || count >= 10 || next![1] === 's') return `${count} ${unit}`;
  return `${count} ${unit} ${rest} ${next![1]}`;
}

/** How long ago a moment is; what is to come is `now`: clocks differ a little. */
export function ago(time: string, nowMs: number): string {
  const ms = nowMs - Date.parse(time);
  return ms < 1_000 ? 'now' : `${span(ms)} ago`;
}

/** How far a moment lies ahead. */
export function ahead(time: string, nowMs: number): string {
  const ms = Date.parse(time) - nowMs;
  return ms < 1_000 ? 'any moment' : `in ${span(ms)}`;
}

/** In units of a thousand, as links are priced: `912 B`, `4.1 kB`, `12 MB`. */
export function bytes(count: number): string {
  const unit = ['B', 'kB', 'MB', 'GB', 'TB'].findIndex((_, index) => count < 999.5 * 1000 ** index || index === 4);
  const value = count / 1000 ** unit;
  return `${unit === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)} ${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`;
}

/** With thin spaces between thousands: `20 000`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

/** `1 device`, `2 devices`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
