/** When the certificates of devices end, kept as devices come: whoever asks is told how many are overdue, and the first of them. */
import type { End } from '../expiry/end.ts';

const dayMs = 86_400_000;

/** An agent renews when a third of the 90 days is left, as soon as it has a link; it is given a day for it. */
const overdueDays = 29;

export class CertificateEnds {
  readonly #ends = new Map<string, number>();
  /** Devices by the day on which theirs ends. */
  readonly #days = new Map<number, Set<string>>();

  /** What is known of a device that git names; undefined when git names it no more, or nothing is known. */
  note(device: string, endsAt: number | undefined): void {
    const before = this.#ends.get(device);
    if (before === endsAt) return;
    if (before !== undefined) this.#leave(device, before);
    if (endsAt === undefined) return;
    this.#ends.set(device, endsAt);
    const day = Math.floor(endsAt / dayMs);
    const devices = this.#days.get(day) ?? new Set();
    this.#days.set(day, devices.add(device));
  }

  #leave(device: string, endsAt: number): void {
    const day = Math.floor(endsAt / dayMs);
    const devices = this.#days.get(day);
    devices?.delete(device);
    if (devices?.size === 0) this.#days.delete(day);
    this.#ends.delete(device);
  }

  /** Of all that are overdue the one that ends next, or ended last when all have; undefined while none is. */
  end(now: number): End | undefined {
    const due = [...this.#days]
      .filter(([day]) => (day - overdueDays) * dayMs <= now)
      .sort(([one], [other]) => one - other);
    const count = due.reduce((sum, [, devices]) => sum + devices.size, 0);
    const next = due.find(([day]) => (day + 1) * dayMs > now) ?? due.at(-1);
    const first = next && this.#firstOf(next[1]);
    if (first === undefined) return undefined;
    const { device, endsAt } = first;
    const devices = count === 1 ? '1 device has' : `${count} devices have`;
    return {
      kind: 'device',
      subject: 'the next device certificate that is overdue',
      expiresAt: endsAt,
      renewedAt: endsAt - overdueDays * dayMs,
      consequence: `${device} connects only to renew it, which it does by itself`,
      remedy: `${devices} not renewed in time: dark ones do when they come back; of others look into the agent's log`,
    };
  }

  #firstOf(devices: ReadonlySet<string>): { readonly device: string; readonly endsAt: number } | undefined {
    let first: { readonly device: string; readonly endsAt: number } | undefined;
    for (const device of devices) {
      const endsAt = this.#ends.get(device)!;
      if (first === undefined || endsAt < first.endsAt) first = { device, endsAt };
    }
    return first;
  }
}
