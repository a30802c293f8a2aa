/** What is wrong with the state, as status tells it. */
import type { StorageStatus } from '../../schemas/generated/types.ts';
import type { Image } from '../engine/image.ts';
import type { StateTrouble } from '../engine/outage.ts';

/** Undefined where nothing is; `lost` is why the state was made anew. What was found at the start counts since then. */
export function storageStatus(
  trouble: StateTrouble | undefined,
  { rowsSetAside }: Pick<Image, 'rowsSetAside'>,
  lost: string | undefined,
  startedAt: number,
): StorageStatus | undefined {
  if (trouble === undefined && rowsSetAside === 0 && lost === undefined) return undefined;
  const aside = `${rowsSetAside} rows of its state could not be read since it started`;
  const message = [...(lost === undefined ? [] : [lost]), ...(rowsSetAside === 0 ? [] : [aside])].join('; ');
  const { since, ...words } = trouble ?? { code: 'STATE_ROWS_SET_ASIDE', message, since: startedAt };
  return { ...words, since: new Date(since).toISOString(), rowsSetAside };
}
