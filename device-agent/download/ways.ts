import { brotliDecompressSync } from 'node:zlib';
import { applyDelta } from '../../artifact/delta/apply.ts';
import { deltaLimits } from '../../artifact/delta/limits.ts';
import type { DeployedApplication, ReleaseIndex, Way } from '../../schemas/generated/types.ts';
import type { ModuleStore } from '../storage/module-store.ts';

/** A form in which a module can travel, and how it becomes the module again. */
interface Method {
  /** Whether this device can unpack it: what it starts from is there, and it fits into memory. */
  canAfford(way: Way, module: ModuleIdentity, store: ModuleStore): boolean;
  /** The module from the bytes that travelled; undefined means that those bytes are the module. */
  readonly unpack?: (way: Way, module: ModuleIdentity, packed: Uint8Array, store: ModuleStore) => Uint8Array;
}

export type ModuleIdentity = Pick<DeployedApplication, 'sha256' | 'length'>;

/** What is unpacked is held in memory whole, twice at worst; a larger module travels as it is, piece by piece. */
const unpackedBytesMax = 64 * 1024 * 1024;

/** Every way a module can travel. What a method yields counts only when it has the digest and the length of the module. */
export const methods: Readonly<Record<Way['method'], Method>> = {
  whole: {
    canAfford: (way, module) => way.sha256 === module.sha256 && way.length === module.length,
  },
  brotli: {
    canAfford: (way, module) => module.length <= unpackedBytesMax && way.length <= unpackedBytesMax,
    unpack: (_way, module, packed) => brotliDecompressSync(packed, { maxOutputLength: Math.max(1, module.length) }),
  },
  delta: {
    canAfford: ({ base, length }, module, store) => {
      const baseBytes = base === undefined ? undefined : store.bytesOf(base);
      if (baseBytes === undefined) return false;
      return Math.max(length, module.length, baseBytes) <= unpackedBytesMax;
    },
    unpack: ({ base }, module, patch, store) => {
      const limits = { ...deltaLimits, oldBytesMax: unpackedBytesMax, newBytesMax: module.length };
      return applyDelta(store.read(base ?? ''), patch, limits, Buffer.from(module.sha256, 'hex'));
    },
  },
};

/** The ways to try, cheapest first by what is still to travel; the whole module is always the last resort. */
export function affordableWays(
  module: ModuleIdentity,
  index: ReleaseIndex | undefined,
  store: ModuleStore,
  bytesThere: (way: Way) => number,
): readonly Way[] {
  const whole: Way = { method: 'whole', sha256: module.sha256, length: module.length };
  const isAbout = index?.sha256 === module.sha256 && index.length === module.length;
  const offered = isAbout ? index.ways.filter(({ method }) => method !== 'whole') : [];
  const cost = (way: Way): number => Math.max(0, way.length - bytesThere(way));
  return [whole, ...offered]
    .filter((way) => methods[way.method].canAfford(way, module, store))
    .sort((a, b) => cost(a) - cost(b));
}
