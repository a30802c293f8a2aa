/** What the devices of one fleet waited for, and for how long, taken down as it happens. */
import type { WaitRun } from './simulation.ts';

/** Something that a device waits for, by the code that an agent would tell. */
export interface Wait {
  readonly code: string;
  /** Whose budget or hours it is. */
  readonly link?: string;
}

/** Tells them apart. */
export function waitName({ code, link = '' }: Wait): string {
  return `${code} ${link}`;
}

/** What devices wait for, each for one thing at a time. */
export class Waits {
  readonly #current = new Map<string, { readonly wait: Wait; readonly since: number }>();
  readonly #sums = new Map<string, { readonly wait: Wait; readonly ms: Map<string, number> }>();

  /** From now on a device waits for this, or for nothing. */
  wait(device: string, wait: Wait | undefined, now: number): void {
    this.#end(device, now);
    if (wait === undefined) this.#current.delete(device);
    else this.#current.set(device, { wait, since: now });
  }

  #end(device: string, now: number): void {
    const current = this.#current.get(device);
    if (current === undefined || current.since === now) return;
    const { wait, since } = current;
    const sum = this.#sums.get(waitName(wait)) ?? { wait, ms: new Map<string, number>() };
    sum.ms.set(device, (sum.ms.get(device) ?? 0) + now - since);
    this.#sums.set(waitName(wait), sum);
  }

  /** All until now, with what is waited for still. */
  run(now: number): readonly WaitRun[] {
    for (const [device, { wait }] of [...this.#current]) this.wait(device, wait, now);
    const sorted = [...this.#sums].sort(([left], [right]) => (left < right ? -1 : 1));
    return sorted.map(([, { wait, ms }]) => ({ ...wait, devices: ms.size, longestMs: Math.max(...ms.values()) }));
  }
}
