/** What a bundle says that the shore has of what a device had to say. */
import { takenFileName } from '../../schemas/bundle-file.ts';
import type { TakenMark } from '../../schemas/generated/types.ts';
import { isTakenMarks } from '../../schemas/generated/validators/taken-marks.js';
import { DownloadError } from '../download/download-error.ts';
import { type Bundle, signedBytes } from './open-bundle.ts';

/** For 64 channels of the longest names. */
const bytesMax = 32 * 1024;

function marksIn(bytes: Uint8Array): readonly TakenMark[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isTakenMarks(value) ? value.channels : undefined;
  } catch {
    return undefined;
  }
}

/** Of one that was found signed as it must be. */
export function takenIn(bundle: Bundle, device: string): readonly TakenMark[] {
  const name = takenFileName(device);
  const file = bundle.files.get(name);
  if (file === undefined) return [];
  const isOfSize = file.length <= bytesMax;
  const marks = isOfSize ? marksIn(signedBytes(bundle, file)) : undefined;
  if (marks !== undefined) return marks;
  throw new DownloadError('BUNDLE_DAMAGED', `${bundle.path} has a ${name} that this version of fleet can't read`);
}
