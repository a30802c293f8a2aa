import { CallFailure, errno } from './errno.ts';

/** As IOV_MAX elsewhere. */
const vectorsMax = 1024;
/** What one call reads or writes at most; the guest asks again for the rest. */
const transferBytesMax = 16 * 2 ** 20;

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

  setU32(pointer: number, value: number): undefined {
    this.view(pointer, 4).setUint32(0, value, true);
  }

  setU64(pointer: number, value: bigint): void {
    this.view(pointer, 8).setBigUint64(0, value, true);
  }

  /** The windows that an array of (pointer, length) pairs names, as far as one call may go. */
  vectors(pointer: number, count: number): Uint8Array[] {
    if (count >>> 0 > vectorsMax) throw new CallFailure(errno.invalid);
    const table = this.view(pointer, (count >>> 0) * 8);
    let left = transferBytesMax;
    const windows: Uint8Array[] = [];
    for (let at = 0; at < table.byteLength; at += 8) {
      const window = this.bytes(table.getUint32(at, true), table.getUint32(at + 4, true));
      if (left > 0 && window.length > 0) windows.push(window.subarray(0, left));
      left -= Math.min(left, window.length);
    }
    return windows;
  }
}
