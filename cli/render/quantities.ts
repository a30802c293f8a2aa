/** Times, bytes and shares as people read them. */

const steps: readonly (readonly [number, string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
  [1, 's'],
];

/** A time span: `12s`, `3m5s`, `2h40m`, `9d4h`; two units at most, none finer than makes sense. */
export function span(ms: number): string {
  let seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: string[] = [];
  for (const [size, unit] of steps) {
    const count = Math.floor(seconds / size);
    if (count > 0 || (unit === 's' && parts.length === 0)) parts.push(`${count}${unit}`);
    seconds -= count * size;
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break;
    if (parts.length === 1 && count >= 10) break;
  }
  return parts.join('');
}

/** How long ago a moment (RFC 3339) is; `-` when there is none. */
export function age(time: string | undefined, asOf: string): string {
  return time === undefined ? '-' : span(Date.parse(asOf) - Date.parse(time));
}

/** A moment (RFC 3339, in UTC) to the minute: `2026-03-01T06:30Z`. */
export function minuteOf(time: string): string {
  return `${time.slice(0, 16)}Z`;
}

/** `1 device`, `2 devices`. */
export function plural(count: number, what: string, many = `${what}s`): string {
  return `${count} ${count === 1 ? what : many}`;
}

/** `0 B`, `912 B`, `4.1 kB`, `1.25 MB`; units of a thousand, as links are priced. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = count / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** `12.50 EUR`, `0.0042 EUR`: below a hundredth as many digits as tell something. */
export function money(amount: number, currency: string): string {
  const digits = amount === 0 || amount >= 0.01 ? amount.toFixed(2) : amount < 0.000_05 ? '<0.0001' : amount.toFixed(4);
  return `${digits} ${currency}`;
}

/** `912 B`, `128 KiB`, `64 MiB`: room as manifests give it. */
export function room(count: number): string {
  if (count < 1024) return `${count} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${Number(value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0))} ${units[power - 1]}`;
}

/** A bar of `width` characters, filled to the share of `done` in `total`. */
export function bar(done: number, total: number, width: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const eighths = Math.round(share * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  const part = eighths % 8 === 0 ? '' : '▏▎▍▌▋▊▉'[(eighths % 8) - 1]!;
  return (full + part).padEnd(width, '░');
}
