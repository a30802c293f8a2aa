import type { InputStream } from '../../../platform/streams.ts';

const newline = 10;
const chunkBytes = 65_536;
/** The largest message that a channel may have. */
const lineBytesMax = 262_144;

/** Lines of a stream, each with its newline, as they come. Throws where one is longer than a message may be. */
export async function* linesOf(input: InputStream): AsyncGenerator<Uint8Array> {
  let held: Buffer = Buffer.alloc(0);
  for (;;) {
    const end = held.indexOf(newline) + 1;
    if (end > 0) {
      yield held.subarray(0, end);
      held = held.subarray(end);
      continue;
    }
    if (held.length >= lineBytesMax) throw new Error(`a line has more than ${lineBytesMax} bytes`);
    const chunk = new Uint8Array(chunkBytes);
    const count = input.read(chunk);
    held = Buffer.concat([held, chunk.subarray(0, count)]);
    if (count > 0) continue;
    if (input.hasEnded()) break;
    await new Promise<void>((resolve) => void input.onReady(resolve));
  }
  if (held.length > 0) yield Buffer.concat([held, Uint8Array.of(newline)]);
}
