import { inlinedIntoBytesMax } from '../../../artifact/fuel/limits.ts';
import { unsigned } from '../wasm/sample-modules.ts';

/** A statement, which leaves the operand stack as it was; `body` are the statements inside of it. */
export interface Statement {
  readonly kind: string;
  readonly number: number;
  readonly body: readonly Statement[];
  readonly other: readonly Statement[];
}

/** Statements that have others inside of them. */
export const nesting = ['block', 'loop', 'if', 'else', 'values', 'tryTable', 'try', 'switch', 'inputs'];

/** Statements of which many rounds take no time. */
const littles = ['add', 'store', 'global', 'trap'];

/** How many functions of the host come before those of a program. */
export const hostFunctions = 1;
const argument = 0;
const counter = 1;
const scratch = 2;
const firstLocal = 3;

const get = (local: number): number[] => [0x20, ...unsigned(local)];
const set = (local: number): number[] => [0x21, ...unsigned(local)];
const constant = (value: number): number[] => [0x41, ...signed(value)];

function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, value >> 7];
}

/** Writes one function of a program: parameter 0 is how far calls may still go, local 1 counts rounds, from local 3 on loops count. */
export class Code {
  readonly #functions: number;
  readonly #number: number;
  readonly #old: boolean;
  #locals = firstLocal;
  /** Open labels, innermost last: whether a branch to it goes on behind it and carries nothing. */
  readonly #labels: boolean[] = [];

  constructor(functions: number, number: number, oldExceptions: boolean) {
    this.#functions = functions;
    this.#number = number;
    this.#old = oldExceptions;
  }

  body(statements: readonly Statement[]): number[] {
    const code = this.#all(statements);
    // Some are long, of nops that cost nothing: there the meter is written in place of calls.
    const nops = new Array<number>((this.#number + statements.length) % 3 === 0 ? inlinedIntoBytesMax : 0).fill(0x01);
    return [1, ...unsigned(this.#locals - 1), 0x7f, ...nops, ...code, ...get(counter), 0x0b];
  }

  #all(statements: readonly Statement[]): number[] {
    return statements.flatMap((one) => this.#one(one));
  }

  #inside(label: boolean, statements: readonly Statement[]): number[] {
    this.#labels.push(label);
    const code = this.#all(statements);
    this.#labels.pop();
    return code;
  }

  #one(statement: Statement): number[] {
    return statement.body.length + statement.other.length > 0 || nesting.includes(statement.kind)
      ? this.#block(statement)
      : this.#plain(statement);
  }

  #condition(number: number): number[] {
    return [...get(counter), ...constant(number), 0x6a, ...constant((number % 3) + 2), 0x70];
  }

  /** A label that may be branched to; undefined where none is open. */
  #label(number: number): number | undefined {
    const open = this.#labels.flatMap((fits, at) => (fits ? [this.#labels.length - 1 - at] : []));
    return open.length === 0 ? undefined : open[number % open.length];
  }

  #plain({ kind, number }: Statement): number[] {
    const bump = [...get(counter), ...constant(number + 1), 0x6a, ...set(counter)];
    const label = this.#label(number);
    switch (kind) {
      case 'store':
        return [...constant(number * 4), ...get(counter), 0x36, 2, 0];
      case 'global':
        return [0x23, 0, ...get(counter), 0x6a, 0x24, 0];
      case 'host':
        return [...get(counter), 0x10, 0];
      case 'fill':
        return [...constant(number), ...get(counter), ...constant(number * 9), 0xfc, 0x0b, 0];
      case 'copy':
        return [...constant(number), ...constant(7), ...constant(number * 3), 0xfc, 0x0a, 0, 0];
      case 'grow':
        return [...constant(number % 2), 0x40, 0, ...set(scratch)];
      case 'throw':
        return number % 4 ? bump : [...get(counter), 0x08, 0];
      case 'trap':
        return number === 0 ? [0x00] : bump;
      case 'return':
        return number % 4 ? bump : [...get(counter), 0x0f];
      case 'returnIf':
        return [...get(counter), ...this.#condition(number), 0x0d, ...unsigned(this.#labels.length), ...set(scratch)];
      case 'break':
        return label === undefined ? bump : [0x0c, label];
      case 'breakIf':
        return label === undefined ? bump : [...this.#condition(number), 0x0d, label];
      case 'table':
        return label === undefined
          ? bump
          : [...this.#condition(number), 0x0e, 2, label, this.#label(number + 1)!, this.#label(number + 2)!];
      default:
        return this.#calls(kind, number) ?? bump;
    }
  }

  // Calls go on only while the argument is above zero, and each makes it smaller.
  #calls(kind: string, number: number): number[] | undefined {
    const less = [...get(argument), ...constant(1), 0x6b];
    const later = this.#number + 1 + (number % Math.max(this.#functions - this.#number - 1, 1));
    const callee = kind === 'self' || later >= this.#functions ? this.#number : later;
    const call = {
      call: [0x10, callee + hostFunctions],
      self: [0x10, callee + hostFunctions],
      indirect: [...constant(callee), 0x11, 0, 0],
      tail: [0x12, callee + hostFunctions],
    }[kind];
    if (call === undefined) return undefined;
    const after = kind === 'tail' ? [] : [...get(counter), 0x6a, ...set(counter)];
    return [...get(argument), ...constant(0), 0x4a, 0x04, 0x40, ...less, ...call, ...after, 0x0b];
  }

  #block({ kind, number, body, other }: Statement): number[] {
    switch (kind) {
      case 'loop':
        return this.#loop(number, body);
      case 'if':
        return [...this.#condition(number), 0x04, 0x40, ...this.#inside(true, body), 0x0b];
      case 'else':
        return [
          ...this.#condition(number),
          0x04,
          0x40,
          ...this.#inside(true, body),
          0x05,
          ...this.#inside(true, other),
          0x0b,
        ];
      case 'values':
        return [
          0x02,
          2,
          ...this.#inside(false, body),
          ...get(counter),
          ...constant(number),
          0x0b,
          0x6a,
          ...set(counter),
        ];
      case 'inputs':
        return [
          ...get(counter),
          0x02,
          3,
          ...set(scratch),
          ...this.#inside(false, body),
          ...get(counter),
          0x0b,
          ...set(counter),
        ];
      case 'switch':
        return [
          ...[0x02, 0x40, 0x02, 0x40, 0x02, 0x40, ...this.#condition(number), 0x0e, 2, 0, 1, 2, 0x0b],
          ...this.#nested(2, body),
          0x0b,
          ...this.#nested(1, other),
          0x0b,
        ];
      case 'tryTable':
        if (this.#old) return [0x02, 0x40, ...this.#inside(true, body), 0x0b];
        // All exceptions go to the outer block; those of the tag carry a value, which is dropped there.
        return [
          0x02,
          0x40,
          0x02,
          0x7f,
          0x1f,
          0x40,
          2,
          0,
          0,
          0,
          2,
          1,
          ...this.#nested(3, body),
          0x0b,
          0x0c,
          1,
          0x0b,
          ...set(counter),
          0x0b,
        ];
      case 'try':
        if (!this.#old) return [0x02, 0x40, ...this.#inside(true, body), 0x0b];
        return [
          ...[0x06, 0x40, ...this.#inside(true, body), 0x07, 0, ...set(counter)],
          ...[...this.#inside(true, other), 0x19, ...this.#inside(true, other), 0x0b],
        ];
      default:
        return [0x02, 0x40, ...this.#inside(true, body), 0x0b];
    }
  }

  /** A loop that ends where its counter is no longer less, is another, or is zero; some that do little have many rounds. */
  #loop(number: number, body: readonly Statement[]): number[] {
    const rounds = this.#locals++;
    const doesLittle = body.every(({ kind }) => littles.includes(kind));
    const times = doesLittle && number % 5 === 0 ? 2000 + number : (number % 4) + 1;
    const step = (number % 4) + 1;
    const [first, change, go] = [
      [0, [...constant(1), 0x6a], [...constant(times), 0x48]],
      [0, [...constant(step), 0x6a], [...constant(times * step), 0x47]],
      [times, [...constant(1), 0x6b], []],
    ][number % 3] as [number, number[], number[]];
    const head = [...get(rounds), ...change, 0x22, ...unsigned(rounds), ...go];
    // Branches from inside to the loop itself would not count rounds.
    return [...constant(first), ...set(rounds), 0x03, 0x40, ...this.#inside(false, body), ...head, 0x0d, 0, 0x0b];
  }

  /** Statements under that many labels of which none is for them. */
  #nested(labels: number, statements: readonly Statement[]): number[] {
    for (let i = 0; i < labels; i++) this.#labels.push(false);
    const code = this.#all(statements);
    for (let i = 0; i < labels; i++) this.#labels.pop();
    return code;
  }
}
