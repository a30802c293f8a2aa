/** What the modules that devices lack will cost them in bytes over the link. */
import { encodeDelta } from '../artifact/delta/encode.ts';
import type { CataloguedRelease } from '../controller/manifests/desired.ts';
import type { Fetch } from '../controller/planning/compare.ts';
import { brotliInBackground } from '../controller/publishing/compress.ts';
import { releaseIndexBytes } from '../controller/publishing/release-index.ts';
import type { Way } from '../schemas/generated/types.ts';

/** The cheapest way to get one module. */
export interface Price {
  readonly method: 'whole' | 'brotli' | 'delta';
  /** Over the link. */
  readonly bytes: number;
  /** Bytes of the release's index, which travels first. */
  readonly index: number;
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

/** Digests of releases that a delta to this one is made from, whatever the device that fetches it has. */
export type UsualBases = (release: CataloguedRelease) => readonly string[];

/** What making deltas may still cost. */
interface Budget {
  bytes: number;
}

/** One way to get a module, before it is known which is the cheapest. */
type Form = Pick<Price, 'method' | 'bytes'>;

/** Bytes of the index that names these forms, and `deltas` deltas; those that nobody made here are taken to be long. */
function indexBytes(
  { name, version, sha256, length }: CataloguedRelease,
  forms: readonly Form[],
  deltas: number,
): number {
  const made = forms.map(({ method, bytes }): Way => {
    const base = method === 'delta' ? { base: sha256 } : {};
    return { method, ...base, sha256, length: bytes };
  });
  const unmade = Math.max(0, deltas - made.filter(({ base }) => base !== undefined).length);
  const others = Array.from({ length: unmade }, (): Way => ({ method: 'delta', base: sha256, sha256, length }));
  const ways = [...made, ...others];
  return releaseIndexBytes({ apiVersion: 'fleet/v1alpha1', kind: 'ReleaseIndex', name, version, sha256, length, ways })
    .length;
}

async function priceOf(
  { release, bases }: Fetch,
  usual: readonly string[],
  readModule: ReadModule,
  budget: Budget,
): Promise<Price> {
  const { length, sha256 } = release;
  const forms: Form[] = [{ method: 'whole', bytes: length }];
  const fresh = await readModule(sha256);
  let isBound = fresh === undefined;
  if (fresh !== undefined) {
    const brotli = (await brotliInBackground(fresh)).length;
    if (brotli < length) forms.push({ method: 'brotli', bytes: brotli });
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
      forms.push({ method: 'delta', bytes: encodeDelta(old, fresh, { effort }).length });
    }
  }
  const best = forms.reduce((least, form) => (form.bytes < least.bytes ? form : least));
  const index = indexBytes(release, forms, new Set([...bases, ...usual]).size);
  return { ...best, index, length, ...(isBound ? { atMost: true } : {}) };
}

/** Prices every fetch; what many devices fetch from the same base is worked out once. */
export function openPrices(readModule: ReadModule, usual: UsualBases): (fetch: Fetch) => Promise<Price> {
  const known = new Map<string, Promise<Price>>();
  const budget: Budget = { bytes: allBytesMax };
  return (fetch) => {
    const key = [fetch.release.sha256, ...[...fetch.bases].sort()].join(' ');
    const price = known.get(key) ?? priceOf(fetch, usual(fetch.release), readModule, budget);
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
