/** A device as far as it follows published metadata. */
import type { TrustedMetadata } from '../../../artifact/trust/tuf/trusted.ts';
import { acceptWanted, nextWanted, wantedRoot, wantedTimestamp } from '../../../artifact/trust/tuf/wanted.ts';
import type { Disk } from '../../../platform/ports.ts';

/** A device that fetches from the served directory. */
export function refresh(trusted: TrustedMetadata, disk: Disk, paths: readonly string[], at: number): TrustedMetadata {
  const read = (file: string) => disk.readFile(`/state/artifacts/tuf/${file}`);
  let device = trusted;
  while (disk.stat(`/state/artifacts/tuf/${wantedRoot(device).file}`) !== undefined) {
    device = acceptWanted(device, wantedRoot(device), read(wantedRoot(device).file), at);
  }
  device = acceptWanted(device, wantedTimestamp, read('timestamp.json'), at);
  for (let wanted = nextWanted(device, paths); wanted !== undefined; wanted = nextWanted(device, paths)) {
    device = acceptWanted(device, wanted, read(wanted.file), at);
  }
  return device;
}
