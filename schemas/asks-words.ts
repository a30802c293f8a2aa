import type { Asks } from './generated/types.ts';

function spanOf(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds >= 120 ? `${Math.round(seconds / 60)} min` : `${seconds} s`;
}

/** How a device without a session is heard, after its name: `asks every 6 h over HTTPS, by plan`. */
export function asksWords({ everySeconds, why }: Asks): string {
  const reason = { plan: 'by plan', 'no-mqtt': 'as it reaches no MQTT broker' }[why];
  return `asks every ${spanOf(everySeconds)} over HTTPS, ${reason}`;
}
