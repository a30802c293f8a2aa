/**
 * What a number inside a Wasm binary means. The first ten are index spaces; tokens of the delta and rewriting rules go
 * by these, so the values are part of the delta format and never change.
 */
export const immediate = {
  func: 1,
  type: 2,
  global: 3,
  table: 4,
  memory: 5,
  tag: 6,
  data: 7,
  elem: 8,
  local: 9,
  label: 10,
  field: 11,
  /** Signed 32-bit LEB. */
  i32: 12,
  /** Signed 64-bit LEB. */
  i64: 13,
  /** Four raw bytes. */
  f32: 14,
  /** Eight raw bytes. */
  f64: 15,
  /** Sixteen raw bytes: a vector constant or the lanes of a shuffle. */
  v128: 16,
  /** Exponent of a memory access's alignment; bit 6 says that a memory index follows. */
  align: 17,
  /** Static offset of a memory access, up to 64 bits. */
  offset: 18,
  /** Signed 33-bit: a type index, or a value type, or the empty block. */
  blockType: 19,
  /** Signed 33-bit: a type index or an abstract heap type. */
  heapType: 20,
  /** One byte of a value type. */
  valueType: 21,
  lane: 22,
  /** One byte: nullability of both sides of a br_on_cast, the kind of a catch clause, a reserved zero. */
  flags: 23,
  /** How many items follow, or how many operands are taken. */
  count: 24,
} as const;

/** One of the values of `immediate`. */
export type ImmediateKind = (typeof immediate)[keyof typeof immediate];
