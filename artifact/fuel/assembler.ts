import { ByteWriter } from '../wasm/write/bytes.ts';

/** Writes one function body after the other, with the instructions that are the rewriter's own. */
export class Assembler extends ByteWriter {
  /** Offsets in the body of branches that are hardly ever taken. */
  unlikely: number[] = [];

  override clear(): void {
    super.clear();
    this.unlikely = [];
  }

  unreachable(): void {
    this.byte(0x00);
  }

  /** A block; behind it goes `end`. The type is 0x40 for none, a value type, or a type index. */
  block(type: number): void {
    this.byte(0x02);
    this.signed(type);
  }

  /** `if` without values. */
  if(): void {
    this.byte(0x04);
    this.byte(0x40);
  }

  /** `if` without values that is hardly ever entered. */
  ifUnlikely(): void {
    this.unlikely.push(this.length);
    this.if();
  }

  end(): void {
    this.byte(0x0b);
  }

  branch(label: number): void {
    this.byte(0x0c);
    this.u32(label);
  }

  /** `br_if` that is hardly ever taken. */
  branchUnlikely(label: number): void {
    this.unlikely.push(this.length);
    this.byte(0x0d);
    this.u32(label);
  }

  call(index: number): void {
    this.byte(0x10);
    this.u32(index);
  }

  /** Calls what stands in the first table at the index on the stack. */
  callIndirect(type: number): void {
    this.byte(0x11);
    this.u32(type);
    this.u32(0);
  }

  localGet(index: number): void {
    this.byte(0x20);
    this.u32(index);
  }

  localSet(index: number): void {
    this.byte(0x21);
    this.u32(index);
  }

  localTee(index: number): void {
    this.byte(0x22);
    this.u32(index);
  }

  globalGet(index: number): void {
    this.byte(0x23);
    this.u32(index);
  }

  globalSet(index: number): void {
    this.byte(0x24);
    this.u32(index);
  }

  i32Const(value: number): void {
    this.byte(0x41);
    this.signed(value);
  }

  i64Const(value: number): void {
    this.byte(0x42);
    this.signed(value);
  }

  i32LessThan(): void {
    this.byte(0x48);
  }

  i64LessThan(): void {
    this.byte(0x53);
  }

  i32Subtract(): void {
    this.byte(0x6b);
  }

  i64Add(): void {
    this.byte(0x7c);
  }

  i64Subtract(): void {
    this.byte(0x7d);
  }

  i64ShiftRight(): void {
    this.byte(0x88);
  }

  i32Wrap(): void {
    this.byte(0xa7);
  }

  i64ExtendUnsigned(): void {
    this.byte(0xad);
  }
}
