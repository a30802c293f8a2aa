import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';

/** A file without a name, which ends with the last process that has it open. */
export interface Spool extends AsyncDisposable {
  readonly descriptor: number;
  size(): Promise<number>;
  /** From its beginning. */
  read(bytes: number): Promise<Uint8Array>;
}

/** Undefined where there is no place for temporary files. */
export async function openSpool(): Promise<Spool | undefined> {
  const path = `${tmpdir()}/fleet-spool-${randomBytes(8).toString('hex')}`;
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const handle = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600).catch(() => undefined);
  if (handle === undefined) return undefined;
  await unlink(path);
  return {
    descriptor: handle.fd,
    size: async () => (await handle.stat()).size,
    read: async (bytes) => {
      const buffer = Buffer.allocUnsafeSlow(bytes);
      let at = 0;
      while (at < bytes) {
        const { bytesRead } = await handle.read(buffer, at, bytes - at, at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return buffer.subarray(0, at);
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}
