import { mix } from './hash.ts';

/** Every instruction moves those before it up by four bits: after the eighth one is out. */
const runFactor = 0x2b4d1b70;
const offsetsMax = 4096;

/** What came last in the body that is coded, the last first; hashes where it is more than a number. */
export class Past {
  /** Opcodes. */
  o1 = 0;
  o2 = 0;
  o3 = 0;
  o4 = 0;
  o5 = 0;
  o6 = 0;
  /** Whole instructions. */
  i1 = 0;
  i2 = 0;
  i3 = 0;
  /** Locals, and the one that was last set. */
  local1 = 0;
  local2 = 0;
  set = 0;
  target1 = 0;
  target2 = 0;
  constant1 = 0;
  constant2 = 0;
  offset1 = 0;
  offset2 = 0;
  global = 0;
  label = 0;
  /** A hash of the last eight instructions. */
  eightInstructions = 0;
  readonly #offsets = new Int32Array(offsetsMax);

  /** Begins a body with a function type. */
  begin(type: number): void {
    this.o1 = 1;
    this.i1 = mix(1, type);
    this.o2 = this.o3 = this.o4 = this.o5 = this.o6 = this.i2 = this.i3 = 0;
    this.local1 = this.local2 = this.set = 0;
  }

  /** Takes in an instruction. */
  add(opcode: number, immediates: number): void {
    this.o6 = this.o5;
    this.o5 = this.o4;
    this.o4 = this.o3;
    this.o3 = this.o2;
    this.o2 = this.o1;
    this.o1 = opcode;
    this.i3 = this.i2;
    this.i2 = this.i1;
    this.i1 = mix(opcode, immediates);
    this.eightInstructions = (Math.imul(this.eightInstructions, runFactor) + this.i1) | 0;
  }

  /** The last four opcodes. */
  get fourOpcodes(): number {
    return mix(mix(mix(this.o1, this.o2), this.o3), this.o4);
  }

  /** The last three instructions. */
  get threeInstructions(): number {
    return mix(mix(this.i1, this.i2), this.i3);
  }

  /** What was last read or written beside an address that came about like this one. */
  offsetAt(base: number): number {
    return this.#offsets[base & (offsetsMax - 1)]!;
  }

  /** Takes in the offset of an access. */
  access(base: number, offset: number, hash: number): void {
    this.offset2 = this.offset1;
    this.offset1 = offset;
    this.#offsets[base & (offsetsMax - 1)] = hash;
  }
}
