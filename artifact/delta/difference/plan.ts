/*
How a new file is put together from an old one: stretches that run along the old file, bytes of them changed here and
there, and bytes between them that are new.

  old   ====A====......====B====
  new   ====A=x==nnnn====B=x===       { from: A, length: |A| }, 4 new bytes, { from: B, length: |B| }
*/

/** A stretch of the new file that runs along the old one, and the new bytes behind it. */
export type Stretch = { readonly from: number; readonly length: number; readonly fresh: number };

const seedBytes = 8;
const chainMax = 24;
/** An exact match has to be this much better than going on as before. */
const gainMin = 8;

/** Old places by the bytes that start there. */
class Places {
  readonly #old: Uint8Array;
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #mask: number;
  /** The longest match found last. */
  at = 0;
  length = 0;

  constructor(old: Uint8Array) {
    const bits = Math.min(22, Math.max(10, 32 - Math.clz32(old.length)));
    this.#old = old;
    this.#mask = (1 << bits) - 1;
    this.#heads = new Int32Array(1 << bits).fill(-1);
    this.#next = new Int32Array(old.length);
    for (let at = old.length - seedBytes; at >= 0; at--) {
      const slot = this.#slot(old, at);
      this.#next[at] = this.#heads[slot]!;
      this.#heads[slot] = at;
    }
  }

  /** Looks for the longest run of the old file that starts as `fresh` does at `start`, `expected` before all others. */
  find(fresh: Uint8Array, start: number, expected: number): void {
    this.at = expected;
    this.length = this.#run(expected, fresh, start);
    if (start + seedBytes > fresh.length) return;
    let candidate = this.#heads[this.#slot(fresh, start)]!;
    for (let left = chainMax; left > 0 && candidate >= 0; left--) {
      if (this.#old[candidate + this.length] === fresh[start + this.length]) {
        const length = this.#run(candidate, fresh, start);
        if (length > this.length) {
          this.length = length;
          this.at = candidate;
        }
      }
      candidate = this.#next[candidate]!;
    }
  }

  #run(at: number, fresh: Uint8Array, start: number): number {
    if (at < 0) return 0;
    const max = Math.min(this.#old.length - at, fresh.length - start);
    let length = 0;
    while (length < max && this.#old[at + length] === fresh[start + length]) length++;
    return length;
  }

  #slot(bytes: Uint8Array, at: number): number {
    let hash = 0;
    for (let ahead = 0; ahead < seedBytes; ahead++) hash = Math.imul(hash ^ bytes[at + ahead]!, 0x9e3779b1);
    return (hash ^ (hash >>> 15)) & this.#mask;
  }
}

/** The stretches that make the new file; the first may be empty, with all that is new before any match behind it. */
export const planStretches = (old: Uint8Array, fresh: Uint8Array): Stretch[] => {
  const places = new Places(old);
  const stretches: Stretch[] = [];
  let lastScan = 0;
  let lastAt = 0;
  let shift = 0;
  let scan = 0;
  while (scan < fresh.length) {
    const found = nextMatch(places, old, fresh, scan, shift);
    scan = found.scan;
    const forward = extendForward(old, fresh, lastAt, lastScan, scan);
    let end = lastScan + forward;
    let backward = found.ended ? 0 : extendBackward(old, fresh, places.at, scan, lastScan);
    if (end > scan - backward) {
      const split = bestSplit(old, fresh, lastAt + forward, places.at, end, scan, backward);
      end = split;
      backward = scan - split;
    }
    stretches.push({ from: lastAt, length: end - lastScan, fresh: scan - backward - end });
    lastScan = scan - backward;
    lastAt = places.at - backward;
    shift = places.at - scan;
    scan += Math.max(1, found.ended ? 1 : places.length);
  }
  if (lastScan < fresh.length) {
    const length = Math.min(extendForward(old, fresh, lastAt, lastScan, fresh.length), fresh.length - lastScan);
    stretches.push({ from: lastAt, length, fresh: fresh.length - lastScan - length });
  }
  return stretches.filter(({ length, fresh: bytes }) => length + bytes > 0);
};

// Goes on until a match is clearly better than what the present shift gives for the same bytes.
const nextMatch = (
  places: Places,
  old: Uint8Array,
  fresh: Uint8Array,
  from: number,
  shift: number,
): { readonly scan: number; readonly ended: boolean } => {
  let agreeing = 0;
  let counted = from;
  for (let scan = from; scan < fresh.length; scan++) {
    places.find(fresh, scan, scan + shift);
    for (; counted < scan + places.length; counted++) if (old[counted + shift] === fresh[counted]) agreeing++;
    if (places.length === agreeing && places.length > 0) {
      scan += places.length - 1;
      agreeing = 0;
      counted = scan + 1;
      continue;
    }
    if (places.length > agreeing + gainMin) return { scan, ended: false };
    if (scan < counted && old[scan + shift] === fresh[scan]) agreeing--;
    if (counted < scan + 1) {
      counted = scan + 1;
      agreeing = 0;
    }
  }
  return { scan: fresh.length, ended: true };
};

const extendForward = (old: Uint8Array, fresh: Uint8Array, oldAt: number, newAt: number, newEnd: number): number => {
  let agreeing = 0;
  let best = 0;
  let bestScore = 0;
  const max = Math.min(newEnd - newAt, old.length - oldAt);
  for (let length = 0; length < max; ) {
    if (old[oldAt + length] === fresh[newAt + length]) agreeing++;
    length++;
    const score = agreeing * 2 - length;
    if (score >= bestScore) {
      bestScore = score;
      best = length;
    }
  }
  return best;
};

const extendBackward = (old: Uint8Array, fresh: Uint8Array, oldAt: number, newAt: number, newMin: number): number => {
  let agreeing = 0;
  let best = 0;
  let bestScore = 0;
  const max = Math.min(newAt - newMin, oldAt);
  for (let length = 1; length <= max; length++) {
    if (old[oldAt - length] === fresh[newAt - length]) agreeing++;
    const score = agreeing * 2 - length;
    if (score > bestScore) {
      bestScore = score;
      best = length;
    }
  }
  return best;
};

// Where two stretches overlap, each new byte goes to the one that agrees with more of them.
const bestSplit = (
  old: Uint8Array,
  fresh: Uint8Array,
  forwardEnd: number,
  nextAt: number,
  end: number,
  scan: number,
  backward: number,
): number => {
  const start = scan - backward;
  const overlap = end - start;
  let score = 0;
  let bestScore = 0;
  let best = 0;
  for (let length = 0; length < overlap; length++) {
    const byte = fresh[start + length];
    if (old[forwardEnd - overlap + length] === byte) score++;
    if (old[nextAt - backward + length] === byte) score--;
    if (score > bestScore) {
      bestScore = score;
      best = length + 1;
    }
  }
  return start + best;
};
