/** What the modules that devices lack will cost them in bytes over the link. */
import { encodeDelta } from '../artifact/delta/encode.ts';
import type { CataloguedRelease } from '../controller/manifests/desired.ts';
import type { Fetch } from '../controller/planning/compare.ts';
import { brotliInBackground } from '../controller/publishing/compress.ts';

/** The cheapest way to get one module. */
export interface Price {
  readonly method: 'whole' | 'brotli' | 'delta';
  /** Over the link. */
  readonly bytes: number;
  /** Of the module. */
  readonly length: number;
  /** The controller, which takes more time, may find a smaller way. */
  readonly atMost?: true;
}

/** Above this, making a delta only to learn its size takes longer than anybody waits. */
const deltaBytesMax = 4 * 1024 * 1024;

/** Above this a quick delta is made, which is larger than the one that will travel. */
const exactBytesMax = 512 * 1024;

/** Of all modules that deltas are made of for one plan: seconds, not minutes. */
const allBytesMax = 32 * 1024 * 1024;

/** The bytes of a module by its digest; undefined when they are not at hand. */
export type ReadModule = (sha256: string) => Promise<Uint8Array | undefined>;

/** What making deltas may still cost. */
interface Budget {
  bytes: number;
}

async function priceOf({ release, bases }: Fetch, readModule: ReadModule, budget: Budget): Promise<Price> {
  const { length, sha256 } = release;
  const fresh = await readModule(sha256);
  if (fresh === undefined) return { method: 'whole', bytes: length, length, atMost: true };
  const ways: Price[] = [
    { method: 'whole', bytes: length, length },
    { method: 'brotli', bytes: (await brotliInBackground(fresh)).length, length },
  ];
  let isBound = false;
  for (const base of bases) {
    const old = await readModule(base);
    const largest = Math.max(old?.length ?? 0, fresh.length);
    const both = (old?.length ?? 0) + fresh.length;
    if (largest > exactBytesMax) isBound = true;
    if (old === undefined || largest > deltaBytesMax || both > budget.bytes) {
      isBound = true;
      continue;
    }
    budget.bytes -= both;
    const effort = largest > exactBytesMax ? 'fast' : 'balanced';
    ways.push({ method: 'delta', bytes: encodeDelta(old, fresh, { effort }).length, length });
  }
  const best = ways.reduce((least, way) => (way.bytes < least.bytes ? way : least));
  return isBound ? { ...best, atMost: true } : best;
}

/** Prices every fetch; what many devices fetch from the same base is worked out once. */
export function openPrices(readModule: ReadModule): (fetch: Fetch) => Promise<Price> {
  const known = new Map<string, Promise<Price>>();
  const budget: Budget = { bytes: allBytesMax };
  return (fetch) => {
    const key = [fetch.release.sha256, ...[...fetch.bases].sort()].join(' ');
    const price = known.get(key) ?? priceOf(fetch, readModule, budget);
    known.set(key, price);
    return price;
  };
}

/** Finds modules of several revisions by digest. */
export function modulesOf(
  revisions: readonly {
    readonly releases: Iterable<CataloguedRelease>;
    readonly readFile: (path: string) => Promise<Uint8Array | undefined>;
  }[],
): ReadModule {
  const readers = new Map<string, () => Promise<Uint8Array | undefined>>();
  for (const { releases, readFile } of revisions) {
    for (const { name, version, sha256 } of releases)
      readers.set(sha256, () => readFile(`releases/${name}/${version}.wasm`));
  }
  return async (sha256) => readers.get(sha256)?.();
}
