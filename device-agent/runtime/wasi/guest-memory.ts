import { CallFailure, errno } from './errno.ts';

/**
 * A guest's linear memory, every access within bounds or the call fails with EFAULT. The buffer is asked for anew at each
 * access, for the guest may grow its memory (which detaches the old buffer) or share it between threads.
 */
export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;

  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
  }

  /** A window on `length` bytes; valid until the guest runs again. Pointers arrive as signed 32-bit integers. */
  bytes(pointer: number, length: number): Uint8Array {
    const start = pointer < 0 ? pointer + 2 ** 32 : pointer;
    const size = length < 0 ? length + 2 ** 32 : length;
    const buffer = this.#memory?.buffer;
    if (buffer === undefined || start + size > buffer.byteLength) throw new CallFailure(errno.fault);
    return new Uint8Array(buffer, start, size);
  }

  /** A window for reading and writing little-endian fields of a record. */
  view(pointer: number, length: number): DataView {
    const { buffer, byteOffset, byteLength } = this.bytes(pointer, length);
    return new DataView(buffer, byteOffset, byteLength);
  }

  u32(pointer: number): number {
    return this.view(pointer, 4).getUint32(0, true);
  }

  setU32(pointer: number, value: number): void {
    this.view(pointer, 4).setUint32(0, value, true);
  }

  setU64(pointer: number, value: bigint): void {
    this.view(pointer, 8).setBigUint64(0, value, true);
  }

  /** The windows that an array of (pointer, length) pairs names. */
  vectors(pointer: number, count: number): Uint8Array[] {
    if (count >>> 0 > vectorsMax) throw new CallFailure(errno.invalid);
    const table = this.view(pointer, (count >>> 0) * 8);
    return Array.from({ length: count >>> 0 }, (_, index) =>
      this.bytes(table.getUint32(index * 8, true), table.getUint32(index * 8 + 4, true)),
    );
  }
}

/** As IOV_MAX elsewhere. */
const vectorsMax = 1024;
