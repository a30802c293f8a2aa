import { SnapshotError } from '../../../artifact/snapshot/snapshot.ts';
import type { KeptState } from './kept-state.ts';

/** A kept state as a whole, read a piece at a time with others in between; `look` is called with each piece. Throws as the disk does. */
export async function readWhole(
  { length, pieces }: Pick<KeptState, 'length' | 'pieces'>,
  giveWay: () => Promise<void> | undefined,
  look: (piece: Uint8Array, at: number) => void = () => {},
): Promise<Buffer> {
  const whole = Buffer.alloc(length);
  let at = 0;
  for (const piece of pieces()) {
    if (at + piece.length > length) break;
    look(piece, at);
    whole.set(piece, at);
    at += piece.length;
    await giveWay();
  }
  if (at !== length) throw new SnapshotError(`it had ${length} bytes and was written over while it was read`);
  return whole;
}
