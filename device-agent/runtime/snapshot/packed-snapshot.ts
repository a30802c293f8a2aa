import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createZstdCompress } from 'node:zlib';
import { packHead, type Snapshot } from '../../../artifact/snapshot/snapshot.ts';

/** Of what comes from it. */
const pieceBytes = 262_144;
/** So many blocks go to the compressor at a time. */
const blocksAtOnce = 64;

function* inPortions(blocks: readonly Uint8Array[]): Generator<Uint8Array, void, void> {
  for (let at = 0; at < blocks.length; at += blocksAtOnce) yield Buffer.concat(blocks.slice(at, at + blocksAtOnce));
}

/** The snapshot as a file in pieces, compressed beside the thread, where others run meanwhile, and digested a piece at a time. */
export async function packedSnapshot(snapshot: Snapshot): Promise<readonly Uint8Array[]> {
  const { head, blocks } = packHead(snapshot);
  const digest = createHash('sha256').update(head);
  const pieces: Uint8Array[] = [head];
  for await (const piece of Readable.from(inPortions(blocks)).pipe(createZstdCompress({ chunkSize: pieceBytes }))) {
    digest.update(piece as Uint8Array);
    pieces.push(piece as Uint8Array);
  }
  return [...pieces, digest.digest()];
}
