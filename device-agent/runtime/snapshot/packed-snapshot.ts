import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { packHead, type Snapshot, sealSnapshot } from '../../../artifact/snapshot/snapshot.ts';

const compress = promisify(zstdCompress);

/** The snapshot as a file, compressed beside the thread, where others run meanwhile. */
export async function packedSnapshot(snapshot: Snapshot): Promise<Uint8Array> {
  const { head, blocks } = packHead(snapshot);
  return sealSnapshot(head, await compress(blocks));
}
