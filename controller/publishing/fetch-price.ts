/** What the modules that devices lack will cost them in bytes over the link. */
import type { DeltaEffort } from '../../artifact/delta/encode.ts';
import { nothingSha256 } from '../../artifact/delta/from-nothing.ts';
import type { Way } from '../../schemas/generated/types.ts';
import type { CataloguedRelease } from '../manifests/desired.ts';
import type { Compress } from './compress.ts';
import { releaseIndexBytes } from './release-index.ts';

/** A module that a device lacks, and the digests of its modules that a delta could start from. */
export interface LackedModule {
  readonly release: CataloguedRelease;
  readonly bases: readonly string[];
}

/** How smaller forms are made: everybody who works out prices makes the same ones. */
export interface FormMakers {
  readonly compress: Compress;
  readonly makeDelta: (old: Uint8Array, fresh: Uint8Array, effort: DeltaEffort) => Promise<Uint8Array>;
  /** Makes a delta from nothing; without it nobody has one. */
  readonly condense?: (fresh: Uint8Array) => Promise<Uint8Array>;
}

/** The cheapest way to get one module. */
export interface Price {
  readonly method: 'whole' | 'brotli' | 'delta' | 'condensed';
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

/** Above this, nor is a delta from nothing made: it takes many times as long as one from a module that is nearly the same. */
const condensedBytesMax = 256 * 1024;
const condensedTimes = 8;

/** A delta of less than this share of brotli is smaller than any delta from nothing. */
const neverCondensed = 0.4;

/** Of all modules that deltas are made of for one plan: seconds, not minutes. */
const allBytesMax = 32 * 1024 * 1024;

/** The bytes of a module by its digest; undefined when they are not at hand. */
export type ReadModule = (sha256: string) => Promise<Uint8Array | undefined>;

/** Digests of releases that a delta to this one is made from, whatever the device that fetches it has. */
export type UsualBases = (release: CataloguedRelease) => readonly string[];

/** What a price is worked out with. */
interface Means extends FormMakers {
  readonly readModule: ReadModule;
  readonly usual: UsualBases;
  readonly budget: Budget;
}

/** What making deltas may still cost. */
interface Budget {
  bytes: number;
}

/** One way to get a module, before it is known which is the cheapest. */
type Form = Pick<Price, 'method' | 'bytes'>;

/** Bytes of the index that names these forms, `deltas` deltas and other forms that were not made; those that nobody made here are taken to be long. */
function indexBytes(
  { name, version, sha256, length }: CataloguedRelease,
  forms: readonly Form[],
  deltas: number,
  unmadeForms: number,
): number {
  const made = forms.map(({ method, bytes }): Way => {
    const from = method === 'delta' ? sha256 : method === 'condensed' ? nothingSha256 : undefined;
    const way = { sha256, length: bytes };
    return from === undefined
      ? { method: method === 'brotli' ? 'brotli' : 'whole', ...way }
      : { method: 'delta', base: from, ...way };
  });
  const unmade = Math.max(0, deltas - made.filter(({ base }) => base === sha256).length) + unmadeForms;
  const others = Array.from({ length: unmade }, (): Way => ({ method: 'delta', base: sha256, sha256, length }));
  const ways = [...made, ...others];
  return releaseIndexBytes({ apiVersion: 'fleet/v1alpha1', kind: 'ReleaseIndex', name, version, sha256, length, ways })
    .length;
}

/** The deltas that a device could take; `isBound` where there may be one that was not made. */
async function deltasTo(
  fresh: Uint8Array,
  bases: readonly string[],
  { readModule, budget, makeDelta }: Means,
): Promise<{ readonly forms: readonly Form[]; readonly isBound: boolean }> {
  const forms: Form[] = [];
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
    const delta = await makeDelta(old, fresh, effort).catch(() => undefined);
    // What can't be made here travels otherwise.
    if (delta === undefined) isBound = true;
    else forms.push({ method: 'delta', bytes: delta.length });
  }
  return { forms, isBound };
}

/** What is known of the delta from nothing; `isBound` where it may be the cheapest, and was not made. */
interface Condensed {
  readonly forms: readonly Form[];
  readonly isBound: boolean;
  /** Forms that the controller makes, and nobody made here. */
  readonly unmade: number;
}

const unmade = (isBound: boolean): Condensed => ({ forms: [], isBound, unmade: 1 });

async function condensedForm(
  fresh: Uint8Array,
  forms: readonly Form[],
  { budget, condense }: Means,
): Promise<Condensed> {
  if (condense === undefined) return { forms: [], isBound: false, unmade: 0 };
  const brotli = Math.min(...forms.filter(({ method }) => method !== 'delta').map(({ bytes }) => bytes));
  if (forms.some(({ bytes }) => bytes < neverCondensed * brotli)) return unmade(false);
  const work = condensedTimes * fresh.length;
  if (fresh.length > condensedBytesMax || work > budget.bytes) return unmade(true);
  budget.bytes -= work;
  const patch = await condense(fresh).catch(() => undefined);
  if (patch === undefined) return unmade(true);
  return {
    forms: patch.length < brotli ? [{ method: 'condensed', bytes: patch.length }] : [],
    isBound: false,
    unmade: 0,
  };
}

async function priceOf({ release, bases }: LackedModule, means: Means): Promise<Price> {
  const { length, sha256 } = release;
  const forms: Form[] = [{ method: 'whole', bytes: length }];
  const fresh = await means.readModule(sha256);
  let isBound = fresh === undefined;
  let unmadeForms = 0;
  if (fresh !== undefined) {
    const brotli = (await means.compress(fresh)).length;
    if (brotli < length) forms.push({ method: 'brotli', bytes: brotli });
    const deltas = await deltasTo(fresh, bases, means);
    forms.push(...deltas.forms);
    const condensed = await condensedForm(fresh, forms, means);
    forms.push(...condensed.forms);
    isBound = deltas.isBound || condensed.isBound;
    unmadeForms = condensed.unmade;
  }
  const best = forms.reduce((least, form) => (form.bytes < least.bytes ? form : least));
  const index = indexBytes(release, forms, new Set([...bases, ...means.usual(release)]).size, unmadeForms);
  return { ...best, index, length, ...(isBound ? { atMost: true } : {}) };
}

/**
 * Prices every fetch; what many devices fetch from the same base is worked out once. One after the other, as they are asked for, so
 * that who asks for the same has the same prices, wherever the budget ends.
 */
export function openPrices(
  readModule: ReadModule,
  usual: UsualBases,
  makers: FormMakers,
): (lacked: LackedModule) => Promise<Price> {
  const known = new Map<string, Promise<Price>>();
  const means: Means = { ...makers, readModule, usual, budget: { bytes: allBytesMax } };
  let last: Promise<unknown> = Promise.resolve();
  return (lacked) => {
    const key = [lacked.release.sha256, ...[...lacked.bases].sort()].join(' ');
    const begun = known.get(key);
    if (begun !== undefined) return begun;
    const price = last.then(() => priceOf(lacked, means));
    last = price;
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
