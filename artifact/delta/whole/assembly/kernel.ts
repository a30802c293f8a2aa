/*
The inner loop of the model, in AssemblyScript: it predicts the bits of symbols down their tree and learns from them, and looks where
the same symbols stood before. kernel.ts beside this directory fills its memory and calls it; `npm run bench -- whole --build` compiles it.

  contexts → buckets → slots → maps → odds ┐
  guesses  → counters ────────────→ odds ┼ × weights of two sets → odds → chance → range coder
  one that is always the same ─────────→ ┘

All is integer arithmetic: part of the format. The same code encodes and decodes, so the two cannot disagree.

Its memory, in bytes; what has a name that is exported is filled or read from outside:
*/

// Hashes of the contexts of the next symbol, eight; where their buckets start; what was found there, and the check that is looked for.
export const contextsAt: usize = 64;
const BASES: usize = 96;
const FOUND: usize = 128;
const CHECKS: usize = 160;
// Inputs of a decision, twelve with one that is empty, and where the maps of contexts and the counters of guesses are.
const ODDS: usize = 192;
const PLACES: usize = 240;
// Guesses at the next symbol, −1 for none; how good each has proved; where in the history each goes on, and for how long it was right.
const GUESSES: usize = 288;
const GRADES: usize = 296;
const POINTERS: usize = 304;
const RUNS: usize = 312;
/** Decisions of the last symbol that was encoded: the chance of a one, above the bit. */
export const decisionsAt: usize = 512;
/** A tree a kind: children, 16 bits; codes, 32; lengths, 8. */
export const treesAt: usize = 1024;
export const treeBytes: i32 = 2304;
/** Weights, twelve a set. */
export const byKindAt: usize = 49152;
export const bySelectionAt: usize = 110592;
export const guessCountersAt: usize = 137728;
export const mapsAt: usize = 143360;
/** Tables of logistic.ts and chances.ts. */
export const chanceAt: usize = 471040;
export const oddsAt: usize = 495616;
export const twelveAt: usize = 626688;
export const levelAt: usize = 634880;
export const slotStepAt: usize = 638976;
export const counterStepAt: usize = 639040;
/** Buckets; behind them the two tables of places, the history and what is decoded. */
export const bucketsAt: usize = 655360;

const ODDS_MAX: i32 = 3071;
const CHANCE_EVEN: usize = chanceAt + ((ODDS_MAX + 1) << 2);
const EVEN_SLOT: i32 = 0x8000;
const MAP_BYTES: usize = 2048;
const SET_BYTES: i32 = 48;
const LEARNING_RATE: i32 = 80;
const MISS_MIN: i32 = 2000;
const WEIGHT_MAX: i32 = 1 << 19;
const ALWAYS_ODDS: i32 = 256;
const RANGE_MIN: i32 = 1 << 23;

let hashShift: i32 = 0;
let tableMask: i32 = 0;
let tables: usize = 0;
let tableBytes: usize = 0;
let history: usize = 0;
let historyMask: i32 = 0;
let historyLength: i32 = 0;
let codedAt: usize = 0;
let codedEnd: usize = 0;
let isDecoding: bool = false;
let range: i32 = 0x7fffffff;
let code: i32 = 0;
let decision: usize = decisionsAt;

/** Lays out what depends on the file, empty; gives where the coded bytes belong. Sizes are powers of two, in bits. */
export function open(slotBits: i32, tableBits: i32, historyBits: i32, codedBytes: i32, decodes: bool): usize {
  hashShift = 35 - slotBits;
  tableMask = (1 << tableBits) - 1;
  tableBytes = (<usize>4) << tableBits;
  tables = bucketsAt + ((<usize>2) << slotBits);
  history = tables + 2 * tableBytes;
  historyMask = (1 << historyBits) - 1;
  codedAt = history + ((<usize>2) << historyBits);
  codedEnd = codedAt + codedBytes;
  isDecoding = decodes;
  const pages = <i32>((codedEnd + 0xffff) >> 16) - memory.size();
  if (pages > 0) memory.grow(pages);
  memory.fill(tables, 0xff, 2 * tableBytes);
  memory.fill(POINTERS, 0xff, 8);
  store<i32>(ODDS + 40, ALWAYS_ODDS);
  return codedAt;
}

/** Takes up the coded bytes, once they are there. */
export function begin(): void {
  for (let byte = 0; byte < 4; byte++) code = (code << 8) | nextByte();
  code &= 0x7fffffff;
}

// @ts-ignore: decorator
@inline
function nextByte(): i32 {
  const byte = codedAt < codedEnd ? <i32>load<u8>(codedAt) : 0;
  codedAt++;
  return byte;
}

// @ts-ignore: decorator
@inline
function codeBit(wanted: i32, oneChance: i32): i32 {
  if (!isDecoding) {
    store<i32>(decision, (oneChance << 1) | wanted);
    decision += 4;
    return wanted;
  }
  const rare = oneChance < 32768 ? 1 : 0;
  const share = (range >>> 16) * (rare ? oneChance : 65536 - oneChance);
  let bit = rare;
  if (code < share) range = share;
  else {
    bit ^= 1;
    code -= share;
    range -= share;
  }
  while (range < RANGE_MIN) {
    range <<= 8;
    code = ((code << 8) | nextByte()) & 0x7fffffff;
  }
  return bit;
}

// @ts-ignore: decorator
@inline
function nextCounter(counter: i32, bit: i32): i32 {
  const seen = counter & 1023;
  const chance = (counter >> 10) + 0x200000;
  const gap = bit ? (0x3fffff - chance) >> 3 : 0 - (chance >> 3);
  const step = load<i32>(counterStepAt + (<usize>seen << 2));
  return ((counter & ~1023) + ((gap * step) & ~1023)) | (seen < 255 ? seen + 1 : seen);
}

// @ts-ignore: decorator
@inline
function nextSlot(slot: i32, bit: i32): i32 {
  const seen = slot & 15;
  const chance = slot >> 4;
  const step = load<i32>(slotStepAt + (<usize>seen << 2));
  const next = bit ? chance + (((4095 - chance) * step) >> 16) : chance - ((chance * step) >> 16);
  return (next << 4) | (seen < 15 ? seen + 1 : seen);
}

// @ts-ignore: decorator
@inline
function clampOdds(odds: i32): i32 {
  return max(-ODDS_MAX, min(ODDS_MAX, odds));
}

// Finds where the buckets of the contexts start, at a node of the symbol's tree: each in one of two places, the less used where
// neither is its own.
function openBuckets(count: i32, node: i32): void {
  const salt = (node + 1) * 0x2c9277b5;
  // All are looked up before any is looked at: memory answers them together.
  for (let input: usize = 0, end = <usize>count << 2; input < end; input += 4) {
    let hash = (load<i32>(contextsAt + input) ^ salt) * <i32>0x9e3779b1;
    hash = (hash ^ (hash >>> 16)) * <i32>0x85ebca6b;
    const base = bucketsAt + (<usize>(hash >>> hashShift) << 4);
    store<i32>(CHECKS + input, (hash & 0xffff) | 1);
    store<i32>(FOUND + input, load<u16>(base));
    store<i32>(BASES + input, base);
  }
  for (let input: usize = 0, end = <usize>count << 2; input < end; input += 4) {
    const check = load<i32>(CHECKS + input);
    if (load<i32>(FOUND + input) == check) continue;
    let base = <usize>load<i32>(BASES + input);
    const other = base ^ 16;
    if (load<u16>(other) == check) base = other;
    else if (load<u16>(base) != check) {
      if ((load<u16>(other, 2) & 15) < (load<u16>(base, 2) & 15)) base = other;
      store<i64>(base, check);
      store<i64>(base, 0, 8);
    }
    store<i32>(BASES + input, base);
  }
}

// @ts-ignore: decorator
@inline
function weigh(set: usize, miss: i32): void {
  const misses = i32x4.splat(miss);
  const rate = i32x4.splat(LEARNING_RATE);
  const most = i32x4.splat(WEIGHT_MAX);
  const least = i32x4.splat(-WEIGHT_MAX);
  for (let four: usize = 0; four < 48; four += 16) {
    const step = i32x4.shr_s(i32x4.mul(i32x4.shr_s(i32x4.mul(v128.load(ODDS + four), misses), 10), rate), 10);
    const next = i32x4.add(v128.load(set + four), step);
    v128.store(set + four, i32x4.max_s(least, i32x4.min_s(most, next)));
  }
}

// @ts-ignore: decorator
@inline
function dot(set: usize): i32 {
  const a = i32x4.shr_s(i32x4.mul(v128.load(ODDS), v128.load(set)), 8);
  const b = i32x4.shr_s(i32x4.mul(v128.load(ODDS, 16), v128.load(set, 16)), 8);
  const c = i32x4.shr_s(i32x4.mul(v128.load(ODDS, 32), v128.load(set, 32)), 8);
  const sum = i32x4.add(i32x4.add(a, b), c);
  const two = i32x4.add(sum, i32x4.shuffle(sum, sum, 2, 3, 0, 1));
  return clampOdds((i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1)) >> 8);
}

// One decision: `spot` is its node in the buckets that are open.
function bit(wanted: i32, kind: i32, spot: i32, count: i32, setA: usize, setB: usize): i32 {
  const slotOffset = <usize>spot << 1;
  const end = <usize>count << 2;
  let map = mapsAt + <usize>kind * (8 * MAP_BYTES);
  for (let input: usize = 0; input < end; input += 4, map += MAP_BYTES) {
    const slot = <i32>load<u16>(<usize>load<i32>(BASES + input) + slotOffset) ^ EVEN_SLOT;
    const place = map + (<usize>((slot & 15) * 32 + <i32>load<u8>(levelAt + <usize>(slot >> 4))) << 2);
    store<i32>(PLACES + input, place);
    store<i32>(ODDS + input, load<i16>(twelveAt + 4096 + ((load<i32>(place) >> 20) << 1)));
  }
  const oddsA = dot(setA);
  const oddsB = dot(setB);
  const coded = codeBit(wanted, load<i32>(CHANCE_EVEN + (((oddsA + oddsB) >> 1) << 2)));
  const missA = (coded << 16) - load<i32>(CHANCE_EVEN + (oddsA << 2));
  const missB = (coded << 16) - load<i32>(CHANCE_EVEN + (oddsB << 2));
  if (missA > MISS_MIN || missA < -MISS_MIN) weigh(setA, missA);
  if (missB > MISS_MIN || missB < -MISS_MIN) weigh(setB, missB);
  for (let input: usize = 0; input < end; input += 4) {
    const place = <usize>load<i32>(PLACES + input);
    store<i32>(place, nextCounter(load<i32>(place), coded));
    const at = <usize>load<i32>(BASES + input) + slotOffset;
    store<u16>(at, nextSlot(<i32>load<u16>(at) ^ EVEN_SLOT, coded) ^ EVEN_SLOT);
  }
  return coded;
}

// What the guesses say of a decision.
// @ts-ignore: decorator
@inline
function guess(kind: i32, tree: usize, depth: i32): void {
  for (let input: usize = 0; input < 8; input += 4) {
    store<i32>(ODDS + 32 + input, 0);
    const symbol = load<i32>(GUESSES + input);
    if (symbol < 0) continue;
    const expected =
      (load<i32>(tree + 1024 + (<usize>symbol << 2)) >>> (<i32>load<u8>(tree + 2048 + <usize>symbol) - 1 - depth)) & 1;
    const grade = (kind * 2 + (<i32>input >> 2)) * 8 + load<i32>(GRADES + input);
    const counter = guessCountersAt + (<usize>(2 * grade + (depth == 0 ? 0 : 1)) << 2);
    const odds = <i32>load<i16>(oddsAt + 65536 + ((load<i32>(counter) >> 16) << 1));
    store<i32>(ODDS + 32 + input, expected ? odds : 0 - odds);
    store<i32>(PLACES + 32 + input, <i32>counter | expected);
  }
}

// Whether the guesses came true as far as one decision.
// @ts-ignore: decorator
@inline
function judge(bit: i32): void {
  for (let input: usize = 0; input < 8; input += 4) {
    if (load<i32>(GUESSES + input) < 0) continue;
    const place = load<i32>(PLACES + 32 + input);
    const counter = <usize>(place & ~3);
    const isRight = bit == (place & 1);
    store<i32>(counter, nextCounter(load<i32>(counter), isRight ? 1 : 0));
    if (!isRight) store<i32>(GUESSES + input, -1);
  }
}

// Takes up what is guessed at for a symbol of a kind; gives how good the best guess is.
// @ts-ignore: decorator
@inline
function takeGuesses(kind: i32): i32 {
  let best = 0;
  for (let one: usize = 0; one < 8; one += 4) {
    const pointer = load<i32>(POINTERS + one);
    const guessed = pointer < 0 ? -1 : <i32>load<u16>(history + (<usize>pointer << 1));
    if (pointer < 0 || (guessed & 255) != kind) {
      store<i32>(GUESSES + one, -1);
      continue;
    }
    const run = load<i32>(RUNS + one);
    const grade = min(7, run == 0 ? 1 : 34 - clz(run >> 1));
    store<i32>(GUESSES + one, guessed >> 8);
    store<i32>(GRADES + one, grade);
    if (grade > best) best = grade;
  }
  return best;
}

// @ts-ignore: decorator
@inline
function remember(symbol: i32, kind: i32): void {
  const entry = (symbol << 8) | kind;
  for (let one: usize = 0; one < 8; one += 4) {
    const pointer = load<i32>(POINTERS + one);
    if (pointer < 0) continue;
    const isRight = <i32>load<u16>(history + (<usize>pointer << 1)) == entry;
    store<i32>(POINTERS + one, isRight ? (pointer + 1) & historyMask : -1);
    store<i32>(RUNS + one, isRight ? load<i32>(RUNS + one) + 1 : 0);
  }
  store<u16>(history + (<usize>historyLength << 1), entry);
  historyLength = (historyLength + 1) & historyMask;
}

/** At a place where guess `one` may begin, with a hash of what came last. */
export function place(one: i32, hash: i32): void {
  const at = tables + <usize>one * tableBytes + (<usize>((hash ^ (hash >>> 16)) & tableMask) << 2);
  const pointer = POINTERS + (<usize>one << 2);
  if (load<i32>(pointer) < 0) store<i32>(pointer, load<i32>(at));
  store<i32>(at, historyLength);
}

/**
 * Codes a symbol of a kind in the first `count` contexts. Weights are chosen by its kind and how good the best guess is, and by the
 * selection. Gives the symbol, and above eight bits how often buckets were looked up.
 */
export function symbol(wanted: i32, kind: i32, selection: i32, count: i32): i32 {
  const tree = treesAt + <usize>(kind * treeBytes);
  const bits = load<i32>(tree + 1024 + (<usize>wanted << 2));
  let left = <i32>load<u8>(tree + 2048 + <usize>wanted);
  const sets = byKindAt + <usize>((kind * 8 + takeGuesses(kind)) * 8 * SET_BYTES);
  const setB = bySelectionAt + <usize>(selection * SET_BYTES);
  for (let input = <usize>count << 2; input < 32; input += 4) store<i32>(ODDS + input, 0);
  decision = decisionsAt;
  let node = 0;
  let depth = 0;
  let opens = 0;
  while (true) {
    opens++;
    openBuckets(count, node);
    for (let level = 0, spot = 1; level < 3; level++, depth++) {
      left--;
      guess(kind, tree, depth);
      const coded = bit((bits >>> left) & 1, kind, spot, count, sets + <usize>(min(depth, 7) * SET_BYTES), setB);
      judge(coded);
      const next = <i32>load<i16>(tree + (<usize>(2 * node + coded) << 1));
      if (next < 0) {
        remember(~next, kind);
        return (opens << 8) | ~next;
      }
      node = next;
      spot = (spot << 1) | coded;
    }
  }
}
