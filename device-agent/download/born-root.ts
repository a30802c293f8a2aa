import { trustRoot } from '../../artifact/trust/tuf/root.ts';
import type { Disk } from '../../platform/ports.ts';
import { DownloadError } from './download-error.ts';

/** The root metadata that a device is born with, judged; without one nothing new can be believed, and what runs goes on. */
export function readBornRoot(disk: Disk, path: string): Uint8Array {
  try {
    const bytes = disk.readFile(path);
    trustRoot(bytes);
    return bytes;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DownloadError('TRUST_ROOT_UNUSABLE', `the trust root ${path} can't be used: ${reason}`);
  }
}
