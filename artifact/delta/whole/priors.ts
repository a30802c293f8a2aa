import { unpackBrotli } from '../brotli.ts';
import { counterOf, levels, mapSize, oddsOfCounter } from './chances.ts';
import { shapes, symbolsOf } from './kinds.ts';
import { type Learnt, learntSizes } from './learnt.ts';
import { packedPriors } from './packed-priors.ts';
import { type SymbolTree, treeOf } from './trees.ts';

/*
What a model knows before its first bit, as training on other modules left it (`npm run bench -- whole --train`); part of the format.
Unpacked, one signed byte each: the weights by kind, the weights by selection, what the odds of the maps differ by from their level's; then
one byte for each symbol of each kind: the bits of how often it came.
*/

const sizes = learntSizes;
const learntBytes = sizes.byKind + sizes.bySelection + sizes.maps;
const bytesInAll = learntBytes + symbolsOf.reduce((sum, symbols) => sum + symbols, 0);

const weightUnit = 2048;
const oddsUnit = 32;
/** A weight before any training: of some twelve inputs that say about the same. */
const weightBefore = 12_000;
/** Bits that a counter of a map takes for seen: it learns on from there. */
const seenBefore = 24;

/** What a model starts from. */
export type Priors = { readonly learnt: Learnt; readonly trees: readonly SymbolTree[] };

// The odds of a level, trusted the less the fewer bits stand behind it.
const levelOdds = (place: number): number => {
  const seen = ((place % mapSize) / levels) | 0;
  const odds = (2 * (place % levels) - levels + 1) * 64;
  return seen === 0 ? 0 : seen === 1 ? (odds * 45) >> 6 : odds;
};

const symbolsBefore = (frequencies: Uint8Array): SymbolTree[] => {
  let at = 0;
  return symbolsOf.map((symbols, one) => {
    const weights = frequencies.subarray(at, at + symbols);
    at += symbols;
    return treeOf(Array.from(weights, (weight, symbol) => shapes[one]!(weight, symbol)));
  });
};

const bitsOf = (frequencies: readonly Uint32Array[]): number[] =>
  frequencies.flatMap((list) => Array.from(list, (count) => 32 - Math.clz32(count)));

/** What nobody trained: even weights, and trees by how often each symbol came. */
export const untrained = (frequencies: readonly Uint32Array[]): Priors => ({
  learnt: {
    byKind: new Int32Array(sizes.byKind).fill(weightBefore),
    bySelection: new Int32Array(sizes.bySelection).fill(weightBefore),
    maps: Int32Array.from({ length: sizes.maps }, (_, place) => counterOf(levelOdds(place), seenBefore >> 2)),
  },
  trees: symbolsBefore(Uint8Array.from(bitsOf(frequencies))),
});

const signedByte = (value: number): number => Math.max(-128, Math.min(127, Math.round(value)));

/** The bytes of priors, from what was learnt and how often each symbol of each kind came. */
export const priorBytes = (learnt: Learnt, frequencies: readonly Uint32Array[]): Uint8Array => {
  const weights = (list: Int32Array): number[] => Array.from(list, (weight) => signedByte(weight / weightUnit));
  const maps = Array.from(learnt.maps, (counter, place) =>
    signedByte((oddsOfCounter(counter) - levelOdds(place)) / oddsUnit),
  );
  return Uint8Array.from([...weights(learnt.byKind), ...weights(learnt.bySelection), ...maps, ...bitsOf(frequencies)]);
};

const weightsOf = (bytes: Int8Array): Int32Array => {
  const weights = new Int32Array(bytes.length);
  for (let at = 0; at < weights.length; at++) weights[at] = bytes[at]! * weightUnit;
  return weights;
};

const mapsOf = (bytes: Int8Array): Int32Array => {
  const maps = new Int32Array(bytes.length);
  for (let at = 0; at < maps.length; at++) maps[at] = counterOf(levelOdds(at) + oddsUnit * bytes[at]!, seenBefore);
  return maps;
};

let unpacked: { readonly bytes: Int8Array; readonly trees: readonly SymbolTree[] } | undefined;

const unpack = (): NonNullable<typeof unpacked> => {
  const bytes = unpackBrotli(Buffer.from(packedPriors, 'base64'), bytesInAll);
  return {
    bytes: new Int8Array(bytes.buffer, bytes.byteOffset, learntBytes),
    trees: symbolsBefore(bytes.subarray(learntBytes)),
  };
};

/** What every model starts from; its lists are the caller's own, to learn in. */
export const priors = (): Priors => {
  unpacked ??= unpack();
  const { bytes, trees } = unpacked;
  const maps = sizes.byKind + sizes.bySelection;
  return {
    learnt: {
      byKind: weightsOf(bytes.subarray(0, sizes.byKind)),
      bySelection: weightsOf(bytes.subarray(sizes.byKind, maps)),
      maps: mapsOf(bytes.subarray(maps)),
    },
    trees,
  };
};
