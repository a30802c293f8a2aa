/** The silences that a device had, as lengths and how many there were of each. */

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export interface SilenceBar {
  /** The shortest of them, in milliseconds. */
  readonly fromMs: number;
  readonly count: number;
}

/** Reads the digits of `DeviceStatus.silences`: one for each half octave, from a minute on. */
export function silenceBars(text: string): SilenceBar[] {
  return Array.from(text, (digit, at) => ({
    fromMs: 60_000 * 2 ** (at / 2),
    count: Math.max(0, digits.indexOf(digit)),
  }));
}
