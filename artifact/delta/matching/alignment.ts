/** Told of tokens that stand for each other: `length` of them from `a` and from `b` on. */
export type OnRun = (a: number, b: number, length: number) => void;

// Beyond this many differences a piece is cut at rare runs of tokens first, and given up when that does not help.
const differencesMax = 256;

/**
 * Aligns two token sequences: common ends, then the shortest edit script (Myers) where few differences suffice, else
 * divided at unique runs of eight tokens. Time is linear in the length times at most `differencesMax`.
 */
export function alignTokens(
  a: Uint16Array,
  aFrom: number,
  aTo: number,
  b: Uint16Array,
  bFrom: number,
  bTo: number,
  onRun: OnRun,
): void {
  let head = 0;
  while (aFrom + head < aTo && bFrom + head < bTo && a[aFrom + head] === b[bFrom + head]) head++;
  if (head > 0) onRun(aFrom, bFrom, head);
  let tail = 0;
  while (aTo - tail > aFrom + head && bTo - tail > bFrom + head && a[aTo - tail - 1] === b[bTo - tail - 1]) tail++;
  alignMiddle(a, aFrom + head, aTo - tail, b, bFrom + head, bTo - tail, onRun);
  if (tail > 0) onRun(aTo - tail, bTo - tail, tail);
}

function alignMiddle(
  a: Uint16Array,
  aFrom: number,
  aTo: number,
  b: Uint16Array,
  bFrom: number,
  bTo: number,
  onRun: OnRun,
): void {
  if (aFrom === aTo || bFrom === bTo) return;
  if (shortestScript(a, aFrom, aTo, b, bFrom, bTo, onRun)) return;
  let aAt = aFrom;
  let bAt = bFrom;
  for (const [aCut, bCut] of rareRuns(a, aFrom, aTo, b, bFrom, bTo)) {
    if (aCut < aAt || bCut < bAt) continue;
    shortestScript(a, aAt, aCut, b, bAt, bCut, onRun);
    let length = 0;
    while (aCut + length < aTo && bCut + length < bTo && a[aCut + length] === b[bCut + length]) length++;
    onRun(aCut, bCut, length);
    aAt = aCut + length;
    bAt = bCut + length;
  }
  if (aAt > aFrom) shortestScript(a, aAt, aTo, b, bAt, bTo, onRun);
}

function shortestScript(
  a: Uint16Array,
  aFrom: number,
  aTo: number,
  b: Uint16Array,
  bFrom: number,
  bTo: number,
  onRun: OnRun,
): boolean {
  const n = aTo - aFrom;
  const m = bTo - bFrom;
  if (n === 0 || m === 0) return true;
  if (Math.abs(n - m) > differencesMax) return false;
  const max = Math.min(n + m, differencesMax);
  const size = 2 * max + 3;
  const reach = new Int32Array(size);
  const history: Int32Array[] = [];
  for (let d = 0; d <= max; d++) {
    for (let k = -d; k <= d; k += 2) {
      const at = max + 1 + k;
      let x = k === -d || (k !== d && reach[at - 1]! < reach[at + 1]!) ? reach[at + 1]! : reach[at - 1]! + 1;
      while (x < n && x - k < m && x - k >= 0 && a[aFrom + x] === b[bFrom + x - k]) x++;
      reach[at] = x;
      if (x >= n && x - k >= m) {
        trace(history, d, k, x, aFrom, bFrom, onRun);
        return true;
      }
    }
    history.push(reach.slice(max + 1 - d, max + 2 + d));
  }
  return false;
}

// Walks the edit script back; step d starts from what step d - 1 had reached, kept for its diagonals -(d-1) to d-1.
function trace(
  history: readonly Int32Array[],
  steps: number,
  diagonal: number,
  reached: number,
  aFrom: number,
  bFrom: number,
  onRun: OnRun,
): void {
  let k = diagonal;
  let x = reached;
  for (let d = steps; d > 0; d--) {
    const before = history[d - 1]!;
    const at = (j: number): number => (j < -(d - 1) || j > d - 1 ? -1 : before[j + d - 1]!);
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const start = down ? at(k + 1) : at(k - 1) + 1;
    if (x > start) onRun(aFrom + start, bFrom + start - k, x - start);
    k += down ? 1 : -1;
    x = down ? start : start - 1;
  }
  if (x > 0) onRun(aFrom, bFrom, x);
}

const runLength = 8;

/** Places of runs that occur once in each sequence, in an order that both share. */
function rareRuns(
  a: Uint16Array,
  aFrom: number,
  aTo: number,
  b: Uint16Array,
  bFrom: number,
  bTo: number,
): [number, number][] {
  const inA = uniqueRuns(a, aFrom, aTo);
  const inB = uniqueRuns(b, bFrom, bTo);
  const pairs: [number, number][] = [];
  for (const [hash, at] of inA) {
    const other = inB.get(hash);
    if (at >= 0 && other !== undefined && other >= 0) pairs.push([at, other]);
  }
  pairs.sort((left, right) => left[0] - right[0]);
  return increasing(pairs);
}

function uniqueRuns(tokens: Uint16Array, from: number, to: number): Map<number, number> {
  const places = new Map<number, number>();
  for (let at = from; at + runLength <= to; at++) {
    let hash = 0;
    for (let i = 0; i < runLength; i++) hash = Math.imul(hash, 31) + tokens[at + i]!;
    places.set(hash, places.has(hash) ? -1 : at);
  }
  return places;
}

/** The longest subsequence in which the second numbers increase too; the first ones do already. */
export function increasing(pairs: readonly [number, number][]): [number, number][] {
  const ends: number[] = [];
  const previous = new Int32Array(pairs.length);
  pairs.forEach(([, value], i) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (pairs[ends[middle]!]![1] < value) low = middle + 1;
      else high = middle;
    }
    previous[i] = low > 0 ? ends[low - 1]! : -1;
    ends[low] = i;
  });
  const chain: [number, number][] = [];
  for (let i = ends.at(-1) ?? -1; i >= 0; i = previous[i]!) chain.push(pairs[i]!);
  return chain.reverse();
}
