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
}

/** Above this, making a delta only to learn its size takes longer than anybody waits; the price is then an upper bound. */
const deltaBytesMax = 4 * 1024 * 1024;

/** The bytes of a module by its digest; undefined when they are not at hand. */
export type ReadModule = (sha256: string) => Promise<Uint8Array | undefined>;

async function priceOf({ release, bases }: Fetch, readModule: ReadModule): Promise<Price> {
  const { length, sha256 } = release;
  const fresh = await readModule(sha256);
  if (fresh === undefined) return { method: 'whole', bytes: length, length };
  const ways: Price[] = [
    { method: 'whole', bytes: length, length },
    { method: 'brotli', bytes: (await brotliInBackground(fresh)).length, length },
  ];
  for (const base of bases) {
    const old = await readModule(base);
    if (old === undefined || Math.max(old.length, fresh.length) > deltaBytesMax) continue;
    ways.push({ method: 'delta', bytes: encodeDelta(old, fresh).length, length });
  }
  return ways.reduce((best, way) => (way.bytes < best.bytes ? way : best));
}

/** Prices every fetch; what many devices fetch from the same base is worked out once. */
export function openPrices(readModule: ReadModule): (fetch: Fetch) => Promise<Price> {
  const known = new Map<string, Promise<Price>>();
  return (fetch) => {
    const key = [fetch.release.sha256, ...[...fetch.bases].sort()].join(' ');
    const price = known.get(key) ?? priceOf(fetch, readModule);
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
