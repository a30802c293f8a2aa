/**
 * Who knocked and was not let in, as far as it is worth keeping. Anybody may knock as often and under as many names as they
 * like, so what is kept is bounded for each source and in all, and when there is no room it is the source with the most that
 * gives one up: strangers cannot push out what was refused elsewhere.
 *
 * Nothing here touches a disk. What changed is returned as data, for whoever writes; a repeated refusal is written seldom.
 */
import { sourceOf } from '../../platform/source-address.ts';
import type { Refusal } from '../../schemas/generated/types.ts';

/** How many are kept. */
export interface RefusalLimits {
  readonly keptMax: number;
  readonly keptPerSourceMax: number;
  /** The same refusal is written again when the one that was written is older than this. */
  readonly writtenEveryMs: number;
}

/** What holds unless a test says otherwise. */
export const refusalLimits: RefusalLimits = { keptMax: 500, keptPerSourceMax: 50, writtenEveryMs: 60_000 };

/** Of a refusal's texts: no name in git is longer than the first, no sentence of ours than the second. */
const nameCharactersMax = 63;
const textCharactersMax = 500;

/** What has to be written, by key, for the image to be the same after a restart. */
export type RefusalWrite =
  | { readonly kind: 'put'; readonly key: string; readonly refusal: Refusal }
  | { readonly kind: 'remove'; readonly key: string };

interface Kept {
  refusal: Refusal;
  readonly source: string;
  /** Of the one that was written last. */
  writtenAtMs: number;
}

/** One source, subject and reason are one refusal, however often it comes. */
function keyOf({ address, device, keyFingerprint, code }: Refusal): string {
  return JSON.stringify([sourceOf(address ?? ''), device ?? '', keyFingerprint ?? '', code]);
}

function bounded(refusal: Refusal): Refusal {
  const { device, message } = refusal;
  const name = device === undefined ? {} : { device: device.slice(0, nameCharactersMax) };
  return { ...refusal, ...name, message: message.slice(0, textCharactersMax) };
}

/** Codes that are counted by name; there are fewer, all of them ours. */
const countedMax = 100;

/** The refusals of one controller. */
export class Refusals {
  /** How often somebody was not let in since this controller started, by code. */
  readonly counts = new Map<string, number>();
  readonly #limits: RefusalLimits;
  /** By key, the newest last. */
  readonly #kept = new Map<string, Kept>();
  /** Keys by source, the newest last. */
  readonly #bySource = new Map<string, Set<string>>();

  /** `written` is what an earlier life had written, in any order; what there is no room for is forgotten. */
  constructor(written: Iterable<Refusal> = [], limits: Partial<RefusalLimits> = {}) {
    this.#limits = { ...refusalLimits, ...limits };
    const inOrder = [...written].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    for (const refusal of inOrder) this.record(refusal);
    this.counts.clear();
  }

  /** Takes one in; what has to be written for it, in order. */
  record(told: Refusal): RefusalWrite[] {
    const refusal = bounded(told);
    this.#countCode(refusal.code);
    const key = keyOf(refusal);
    const before = this.#kept.get(key);
    const atMs = Date.parse(refusal.at);
    const isFresh = before !== undefined && Math.abs(atMs - before.writtenAtMs) < this.#limits.writtenEveryMs;
    this.#keep(key, {
      refusal,
      source: sourceOf(refusal.address ?? ''),
      writtenAtMs: isFresh ? before.writtenAtMs : atMs,
    });
    return [...(isFresh ? [] : [{ kind: 'put', key, refusal } as const]), ...this.#makeRoom(key)];
  }

  /** Newest first. */
  newestFirst(): Refusal[] {
    return [...this.#kept.values()].map(({ refusal }) => refusal).reverse();
  }

  #countCode(code: string): void {
    const count = this.counts.get(code);
    if (count === undefined && this.counts.size >= countedMax) return;
    this.counts.set(code, (count ?? 0) + 1);
  }

  #keep(key: string, kept: Kept): void {
    const keys = this.#bySource.get(kept.source) ?? new Set();
    this.#bySource.set(kept.source, keys);
    for (const order of [this.#kept, keys]) order.delete(key);
    this.#kept.set(key, kept);
    keys.add(key);
  }

  #makeRoom(newest: string): RefusalWrite[] {
    const { keptMax, keptPerSourceMax } = this.#limits;
    const own = this.#bySource.get(this.#kept.get(newest)!.source)!;
    const crowd = own.size > keptPerSourceMax ? own : this.#kept.size > keptMax ? this.#largest() : undefined;
    if (crowd === undefined) return [];
    const oldest = crowd.values().next().value!;
    this.#forget(oldest);
    return [{ kind: 'remove', key: oldest }];
  }

  #largest(): Set<string> {
    return [...this.#bySource.values()].reduce((most, keys) => (keys.size > most.size ? keys : most));
  }

  #forget(key: string): void {
    const { source } = this.#kept.get(key)!;
    this.#kept.delete(key);
    const keys = this.#bySource.get(source)!;
    keys.delete(key);
    if (keys.size === 0) this.#bySource.delete(source);
  }
}
