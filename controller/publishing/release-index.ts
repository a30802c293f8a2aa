/** The small file that names every way to get a release: each device that fetches the release fetches it first. */
import type { ReleaseIndex } from '../../schemas/generated/types.ts';

/** As it is stored, served and paid for. */
export function releaseIndexBytes(index: ReleaseIndex): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(index));
}
