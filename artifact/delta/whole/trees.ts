/**
 * The order in which a symbol's bits are asked: a binary tree with what is frequent near its root, so that few decisions
 * name it. It costs or saves no byte to speak of, for every decision is predicted; it saves time.
 */
export type SymbolTree = {
  /** The node behind node n for bit b is `children[2n + b]`; below zero it is the symbol of which that is the complement. */
  readonly children: Int16Array;
  /** The bits to each symbol, first bit highest, and how many they are. */
  readonly codes: Int32Array;
  readonly lengths: Uint8Array;
};

/** Deeper than any tree of these weights: the weights are below 2^16 and at least 1. */
const depthMax = 24;

type Part = { readonly weight: number; readonly at: number };

/** The tree of Huffman's rule over weights, one a symbol, each at least 1. */
export const treeOf = (weights: readonly number[]): SymbolTree => {
  const leaves = weights.map((weight, symbol): Part => ({ weight, at: ~symbol }));
  leaves.sort((a, b) => a.weight - b.weight || a.at - b.at);
  // What is put together comes in the order of its weight: of two queues the lighter head is the lightest of all.
  const joined: Part[] = [];
  const inner: [number, number][] = [];
  let leaf = 0;
  let join = 0;
  const lightest = (): Part => {
    const isLeaf = join === joined.length || (leaf < leaves.length && leaves[leaf]!.weight <= joined[join]!.weight);
    return isLeaf ? leaves[leaf++]! : joined[join++]!;
  };
  while (inner.length < weights.length - 1) {
    const [zero, one] = [lightest(), lightest()];
    joined.push({ weight: zero.weight + one.weight, at: inner.length });
    inner.push([zero.at, one.at]);
  }
  return numbered(inner, weights.length);
};

// The root comes first, and a node before those behind it.
const numbered = (inner: readonly (readonly [number, number])[], symbols: number): SymbolTree => {
  const children = new Int16Array(2 * inner.length);
  const codes = new Int32Array(symbols);
  const lengths = new Uint8Array(symbols);
  const waiting = [{ at: inner.length - 1, code: 0, length: 0 }];
  for (let node = 0; node < waiting.length; node++) {
    const { at, code, length } = waiting[node]!;
    if (length >= depthMax) throw new RangeError('a tree of symbols is too deep');
    inner[at]!.forEach((next, bit) => {
      const longer = { at: next, code: (code << 1) | bit, length: length + 1 };
      children[2 * node + bit] = next < 0 ? next : waiting.length;
      if (next >= 0) waiting.push(longer);
      else {
        codes[~next] = longer.code;
        lengths[~next] = longer.length;
      }
    });
  }
  return { children, codes, lengths };
};
