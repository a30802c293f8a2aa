import type { Binary } from '../module.ts';
import { ByteWriter } from './bytes.ts';

/** A section to write: its number, its contents, and how many bytes its length takes at least. */
export interface SectionContents {
  readonly id: number;
  readonly payload: Uint8Array;
  readonly sizeWidth?: number;
}

/** Puts sections together to a core module or component; the opposite of `readBinary`. */
export function writeBinary(kind: Binary['kind'], sections: Iterable<SectionContents>): Uint8Array {
  const writer = new ByteWriter(1 << 16);
  writer.raw(Uint8Array.of(0x00, 0x61, 0x73, 0x6d, ...(kind === 'module' ? [1, 0, 0, 0] : [13, 0, 1, 0])));
  for (const { id, payload, sizeWidth } of sections) writer.section(id, payload, sizeWidth);
  return writer.contents();
}
