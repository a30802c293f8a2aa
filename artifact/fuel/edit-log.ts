/** Kinds of edits, and what their numbers are. */
export const edit = {
  /** A segment starts: its number, its construct. */
  segment: 0,
  /** A function index stands here that is no call's: its end, the index. */
  function: 1,
  /** A global index stands here: its end, the index. */
  global: 2,
  /** A bulk operation with its length on top of the stack: whether it counts bytes, whether the length is 64-bit, its construct. */
  bulk: 3,
  /** A return: its end, its construct, how many labels are open around it. */
  return: 4,
  /** A call that doesn't come back. */
  tailCall: 5,
  /** A br_if: its end, its construct, the construct it goes to; the label is the number in its bytes. */
  branchIf: 6,
  /** Any other branch: its construct, the outermost construct it may go to. */
  branch: 7,
  /** A loop opens: its construct. */
  loop: 8,
  /** A loop has ended: its construct. */
  loopEnd: 9,
  /** An exception may continue here. */
  caught: 10,
  /** An instruction that would block the thread: its end. */
  wait: 11,
  /** A call that comes back: its end, the index of the function or `notByIndex`, its construct. */
  call: 12,
  /** Memory was asked for, and what came of it is on top of the stack: whether it is 64-bit, the construct. */
  grown: 13,
} as const;

/** A function that is called, but by a reference. */
export const notByIndex = -1;

/** One place where code is to be changed; `at` is an offset of the file, the rest goes by the kind. */
export interface Edit {
  kind: number;
  at: number;
  first: number;
  second: number;
  third: number;
}

const columns = 5;

/** Edits of all bodies of a module in the order of its code, a million of them in one piece of memory. */
export class EditLog {
  #numbers = new Int32Array(1 << 14);
  #length = 0;
  /** One object is reused, so read it before the next call. */
  readonly #edit: Edit = { kind: 0, at: 0, first: 0, second: 0, third: 0 };

  get length(): number {
    return this.#length / columns;
  }

  push(kind: number, at: number, first: number, second: number, third: number): void {
    const next = this.#length;
    if (next + columns > this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[next] = kind;
    numbers[next + 1] = at;
    numbers[next + 2] = first;
    numbers[next + 3] = second;
    numbers[next + 4] = third;
    this.#length = next + columns;
  }

  read(number: number): Edit {
    const numbers = this.#numbers;
    const at = number * columns;
    const one = this.#edit;
    one.kind = numbers[at]!;
    one.at = numbers[at + 1]!;
    one.first = numbers[at + 2]!;
    one.second = numbers[at + 3]!;
    one.third = numbers[at + 4]!;
    return one;
  }

  #grow(): void {
    const grown = new Int32Array(this.#numbers.length * 2);
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}
