const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `10s` in milliseconds; whoever calls has seen to its form. */
export function millisecondsOf(duration: string): number {
  return Number.parseInt(duration, 10) * unitMs[duration.replace(/^\d+/, '')]!;
}

/** `10s` in seconds. */
export function secondsOf(duration: string): number {
  return millisecondsOf(duration) / 1000;
}
