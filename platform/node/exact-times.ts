import type { NodeStat, NodeTimes } from '../file-handles.ts';

const rememberedMax = 256;

interface Exact {
  /** What the kernel told right after the time was set. */
  readonly stored: bigint;
  readonly wanted: bigint;
}

interface Remembered {
  readonly accessed: Exact;
  readonly modified: Exact;
}

/**
 * Node sets the times of a file as numbers of seconds, which are 240 ns apart today; programs compare nanoseconds. What was
 * asked for is told again for as long as the file carries what became of it. The oldest is forgotten first.
 */
export class ExactTimes {
  readonly #remembered = new Map<string, Remembered>();

  /** `apply` sets both times in seconds; `stat` reads what the kernel has. */
  set(stat: () => NodeStat, times: NodeTimes, apply: (accessed: number, modified: number) => void): void {
    const before = this.seen(stat());
    const accessed = times.accessed ?? before.accessed;
    const modified = times.modified ?? before.modified;
    apply(Number(accessed) / 1e9, Number(modified) / 1e9);
    const after = stat();
    const key = keyOf(after);
    this.#remembered.delete(key);
    this.#remembered.set(key, {
      accessed: { stored: after.accessed, wanted: accessed },
      modified: { stored: after.modified, wanted: modified },
    });
    if (this.#remembered.size > rememberedMax) this.#remembered.delete(this.#remembered.keys().next().value!);
  }

  /** The kernel's stat as it is to be told. */
  seen(stat: NodeStat): NodeStat {
    const exact = this.#remembered.size === 0 ? undefined : this.#remembered.get(keyOf(stat));
    if (exact === undefined) return stat;
    const told = (now: bigint, { stored, wanted }: Exact): bigint => (now === stored ? wanted : now);
    return { ...stat, accessed: told(stat.accessed, exact.accessed), modified: told(stat.modified, exact.modified) };
  }
}

function keyOf({ device, inode }: NodeStat): string {
  return `${device}:${inode}`;
}
