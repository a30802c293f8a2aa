/** What is said where an update could come whole only, and its deployment does not leave that to the device. */
import type { Deployment, LinkedModule, Way } from '../../schemas/generated/types.ts';
import { DownloadError } from './download-error.ts';

/** A module for which there is no delta that this device can use, and what it would cost whole. */
export interface LackingDelta {
  readonly module: LinkedModule;
  readonly bytes: number;
}

/** Of the cheapest of these ways that all bring the module whole. */
export function bytesWhole(ways: readonly Way[]): number {
  return Math.min(...ways.map(({ length }) => length));
}

/** Named in a sentence; the others are counted. */
const namedMax = 3;

/** Why nothing of the update is fetched. */
export function lackingDeltas(terms: Deployment['wholeModules'], lacking: readonly LackingDelta[]): DownloadError {
  const named = lacking
    .slice(0, namedMax)
    .map(({ module: { name, version }, bytes }) => `${name} ${version} (${bytes} bytes whole)`);
  const more = lacking.length > namedMax ? ` and ${lacking.length - namedMax} more` : '';
  const what = `no delta that this device can use brings ${named.join(', ')}${more}`;
  if (terms === 'ask') {
    return new DownloadError('WHOLE_MODULE_ASKED', `${what}: it waits until somebody on shore lets it come whole`);
  }
  return new DownloadError('WHOLE_MODULE_REFUSED', `${what}, and its fleet lets no update come whole`);
}
