/** What a symbol is: each kind has its own tree, weights and maps. The numbers are part of the format. */
export const kind = {
  opcode: 0,
  local: 1,
  func: 2,
  global: 3,
  label: 4,
  offset: 5,
  align: 6,
  i32: 7,
  i64: 8,
  index: 9,
  blockType: 10,
  /** A byte that an instruction carries as it is. */
  raw: 11,
  /** The last seven bits of a number that takes several bytes, and those before. */
  lowDigit: 12,
  highDigit: 13,
  /** How many locals, of how many types. */
  declaration: 14,
  flag: 15,
  /** Contents of data segments, and what is no module. */
  data: 16,
  /** The number after the prefix of an opcode. */
  suffix: 17,
  /** A label of a br_table, or how many there are. */
  target: 18,
  /** A byte of a section that is neither code nor data. */
  rest: 19,
} as const;

/** How many kinds there are. */
export const kinds = 20;

/** Symbols of a number: itself where it takes one byte, 126 + n where it takes n, up to ten. */
export const numberSymbols = 137;
/** What is added to the width of a number that takes several bytes. */
export const widthBase = 126;

/** Symbols by kind. */
export const symbolsOf: readonly number[] = Object.values(kind).map((one) => {
  switch (one) {
    case kind.opcode:
    case kind.raw:
    case kind.data:
    case kind.rest:
      return 256;
    case kind.lowDigit:
    case kind.highDigit:
      return 128;
    case kind.flag:
      return 8;
    default:
      return numberSymbols;
  }
});

/** The weight of a symbol in the tree of its kind, from the bits of how often it came in training. */
type Shape = (bits: number, symbol: number) => number;

const even: Shape = () => 1;
const byFrequency: Shape = (bits) => 2 ** bits;
const byItsRoot: Shape = (bits) => 2 ** (bits >> 1);
/** The tree of eight bits with zero asked for first; one has the place of both, so that alike bytes stay beside each other. */
const zeroFirst: Shape = (_bits, symbol) => (symbol === 0 ? 256 : symbol === 1 ? 2.5 : 1);

const shapeOf: Readonly<Record<number, Shape>> = {
  [kind.raw]: zeroFirst,
  [kind.data]: zeroFirst,
  [kind.rest]: zeroFirst,
  [kind.lowDigit]: byItsRoot,
  [kind.highDigit]: byItsRoot,
  [kind.flag]: even,
};

/** By kind: what is frequent among its symbols is asked for first, where that costs no byte. */
export const shapes: readonly Shape[] = symbolsOf.map((_symbols, one) => shapeOf[one] ?? byFrequency);

/** Where the selections of weights begin, by what they go by. */
export const selection = { other: 0, opcodeAfter: 16, ofOpcode: 272, digit: 528, section: 544 } as const;
/** How many there are. */
export const selections = 564;
