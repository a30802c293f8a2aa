import { brotliDecompressSync } from 'node:zlib';
import { applyDelta } from '../../artifact/delta/apply.ts';
import { nothing, nothingSha256 } from '../../artifact/delta/from-nothing.ts';
import { wholeWorkMax, workMax } from '../../artifact/delta/limits.ts';
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
    isThere: (way, _module, store) => isCondensed(way) || store.bytesOf(way.base ?? '') !== undefined,
    unpack: (way, module, patch, store, work) => {
      const old = isCondensed(way) ? nothing : store.read(way.base ?? '');
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
export function unpackWork(way: Way, module: ModuleIdentity, store: ModuleStore): number {
  const { method, base, length } = way;
  switch (method) {
    case 'whole':
      return 0;
    case 'brotli':
      return brotliWork(module);
    case 'delta':
      return isCondensed(way)
        ? wholeWorkMax(module.length)
        : workMax(store.bytesOf(base ?? '') ?? 0, module.length, length);
    default:
      return method satisfies never;
  }
}

/** Units that all ways of a module may take together: one delta, and what brings it whole besides where that came to nothing. */
export function unpackWorkMax(ways: readonly Way[], module: ModuleIdentity, store: ModuleStore): number {
  const most = (wanted: (way: Way) => boolean): number =>
    Math.max(0, ...ways.filter(wanted).map((way) => unpackWork(way, module, store)));
  return most(isByDelta) + most(isCondensed) + most(({ method }) => method === 'brotli');
}

/** Whether a way starts from a module that is there; any other brings the module whole, packed or not. */
export function isByDelta(way: Way): boolean {
  return way.method === 'delta' && !isCondensed(way);
}

/** Whether it is a delta that starts from nothing: the module whole, coded by the form that modules have. */
export function isCondensed({ method, base }: Way): boolean {
  return method === 'delta' && base === nothingSha256;
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
