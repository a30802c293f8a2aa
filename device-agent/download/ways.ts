import { brotliDecompressSync } from 'node:zlib';
import { applyDelta } from '../../artifact/delta/apply.ts';
import { workMax } from '../../artifact/delta/limits.ts';
import type { WorkBudget } from '../../artifact/delta/work.ts';
import type { LinkedModule, ReleaseIndex, Way } from '../../schemas/generated/types.ts';
import type { ModuleStore } from '../storage/module-store.ts';
import { isWithin, type UnpackBudget, unpackCost } from './unpack-cost.ts';

/** A form in which a module can travel, and how it becomes the module again. */
interface Method {
  /** Whether what it starts from is there. */
  isThere(way: Way, module: ModuleIdentity, store: ModuleStore): boolean;
  /** The module from the bytes that travelled; undefined means that those bytes are the module. */
  readonly unpack?: (
    way: Way,
    module: ModuleIdentity,
    packed: Uint8Array,
    store: ModuleStore,
    work: WorkBudget,
  ) => Uint8Array;
}

export type ModuleIdentity = Pick<LinkedModule, 'sha256' | 'length'>;

/** Every way a module can travel. What a method yields counts only when it has the digest and the length of the module. */
export const methods: Readonly<Record<Way['method'], Method>> = {
  whole: {
    isThere: (way, module) => way.sha256 === module.sha256 && way.length === module.length,
  },
  brotli: {
    isThere: () => true,
    unpack: (_way, module, packed, _store, work) => {
      work.spend(brotliWork(module));
      return brotliDecompressSync(packed, { maxOutputLength: Math.max(1, module.length) });
    },
  },
  delta: {
    isThere: ({ base }, _module, store) => base !== undefined && store.bytesOf(base) !== undefined,
    unpack: ({ base }, module, patch, store, work) => {
      const old = store.read(base ?? '');
      const limits = { oldBytesMax: old.length, newBytesMax: module.length };
      return applyDelta(old, patch, limits, Buffer.from(module.sha256, 'hex'), work);
    },
  },
};

/** Units that unpacking brotli takes: a byte of the module comes at an eighth of what a byte of old code costs. */
function brotliWork({ length }: ModuleIdentity): number {
  return length >>> 3;
}

/** Units of work that unpacking may take, from lengths alone. */
export function unpackWork({ method, base, length }: Way, module: ModuleIdentity, store: ModuleStore): number {
  switch (method) {
    case 'whole':
      return 0;
    case 'brotli':
      return brotliWork(module);
    case 'delta':
      return workMax(store.bytesOf(base ?? '') ?? 0, module.length, length);
    default:
      return method satisfies never;
  }
}

/** Units that all ways of a module may take together: one delta, and brotli besides where that came to nothing. */
export function unpackWorkMax(ways: readonly Way[], module: ModuleIdentity, store: ModuleStore): number {
  const most = (wanted: Way['method']): number =>
    Math.max(0, ...ways.filter(({ method }) => method === wanted).map((way) => unpackWork(way, module, store)));
  return most('delta') + most('brotli');
}

/** Whether a way starts from a module that is there; any other brings the module whole, packed or not. */
export function isByDelta({ method }: Way): boolean {
  return method === 'delta';
}

/**
 * The ways to try among those the device can afford, cheapest first by what is still to travel, then by the work of
 * unpacking; the whole module is always the last resort.
 */
export function affordableWays(
  module: ModuleIdentity,
  index: ReleaseIndex | undefined,
  store: ModuleStore,
  budget: UnpackBudget,
  bytesThere: (way: Way) => number,
): readonly Way[] {
  const whole: Way = { method: 'whole', sha256: module.sha256, length: module.length };
  const isAbout = index?.sha256 === module.sha256 && index.length === module.length;
  const offered = isAbout ? index.ways.filter(({ method }) => method !== 'whole') : [];
  const work = (way: Way): number => unpackCost(way, module.length).cpuSeconds;
  const cost = (way: Way): number => Math.max(0, way.length - bytesThere(way));
  return [whole, ...offered]
    .filter(
      (way) => methods[way.method].isThere(way, module, store) && isWithin(unpackCost(way, module.length), budget),
    )
    .sort((a, b) => cost(a) - cost(b) || work(a) - work(b));
}
