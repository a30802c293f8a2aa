import { layoutOfOpcode, noLayout, opcodeName } from '../../wasm/opcodes.ts';
import { stackEffects } from '../../wasm/stack-effects.ts';
import { mix } from './hash.ts';

const heightMax = 1024;
/** Stands for the type of a value that is not there. */
const noType = 7;

const named = (pattern: RegExp): Uint8Array =>
  Uint8Array.from(layoutOfOpcode, (layout, opcode) =>
    layout !== noLayout && pattern.test(opcodeName(opcode)) ? 1 : 0,
  );

const isSilent = named(/store|set(_|$)|drop|^(memory|table)\.(copy|fill|init)$|^(nop|unreachable|return|br|end|else)/);
const compares = named(/\.(eqz?|ne|[lg][te])(_[su])?$/);

/** How many values an instruction puts on the stack, where that does not depend on a type. */
const pushesOf = Uint8Array.from(isSilent, (silent) => 1 - silent);
/** How many it takes away. */
const popsOf = Uint8Array.from(stackEffects, (effect, opcode) => Math.max(0, pushesOf[opcode]! - effect));

const typeNumbers: Readonly<Record<string, number>> = { i32: 1, i64: 2, f32: 3, f64: 4, memory: 1 };

const typeOfResult = Uint8Array.from(layoutOfOpcode, (layout, opcode) => {
  if (layout === noLayout) return 0;
  const prefix = opcodeName(opcode).split('.')[0]!;
  return compares[opcode] === 1 ? 1 : (typeNumbers[prefix] ?? (/\dx|v128/.test(prefix) ? 5 : 0));
});

/** Whether an instruction stores: the address lies below what it stores then. */
export const isStore: Uint8Array = Uint8Array.from(popsOf, (pops, opcode) =>
  pops === 2 && pushesOf[opcode] === 0 ? 1 : 0,
);

/** The operand stack as far as the model follows it: of each value a hash of how it came about, and its type. */
export class Operands {
  readonly #hashes = new Int32Array(heightMax);
  readonly #types = new Uint8Array(heightMax);
  height = 0;

  push(hash: number, type: number): void {
    if (this.height === heightMax) return;
    this.#hashes[this.height] = hash;
    this.#types[this.height++] = type;
  }

  /** Takes the top value away and gives its hash; 0 where there is none. */
  pop(): number {
    return this.height === 0 ? 0 : this.#hashes[--this.height]!;
  }

  /** The hash of the value so many below the top. */
  at(below: number): number {
    return below < this.height ? this.#hashes[this.height - 1 - below]! : 0;
  }

  /** The type of the value so many below the top. */
  typeAt(below: number): number {
    return below < this.height ? this.#types[this.height - 1 - below]! : noType;
  }

  /** Cuts the stack to a height. */
  cut(height: number): void {
    if (height < this.height) this.height = height;
  }

  /** Takes off what an instruction takes and puts on what it gives, where that does not depend on a type. */
  compute(opcode: number, hash: number): void {
    let expression = mix(opcode, hash);
    for (let left = popsOf[opcode]!; left > 0; left--) expression = mix(expression, this.pop());
    if (pushesOf[opcode] === 1) this.push(expression, typeOfResult[opcode]!);
  }
}
