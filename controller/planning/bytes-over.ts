import type { FetchPrice, SiteLink } from '../../schemas/generated/types.ts';

/** Bytes of a module over a link: what does not travel as a delta there goes whole; undefined where neither may. */
export function bytesOver({ carries }: SiteLink, { method, bytes, index, length }: FetchPrice): number | undefined {
  const may = (what: 'delta' | 'whole'): boolean => carries?.includes(what) ?? true;
  if (method === 'delta' && may('delta')) return bytes + index;
  if (!may('whole')) return undefined;
  return (method === 'delta' ? length : bytes) + index;
}
