import type { FetchPrice, SiteLink } from '../../schemas/generated/types.ts';

/** Whether modules may come over a link so. */
export function mayCarry({ carries }: SiteLink, what: 'delta' | 'whole'): boolean {
  return carries?.includes(what) ?? true;
}

/** Bytes of a module over a link: what does not travel as a delta there goes whole; undefined where neither may. */
export function bytesOver(link: SiteLink, { method, bytes, index, length }: FetchPrice): number | undefined {
  if (method === 'delta' && mayCarry(link, 'delta')) return bytes + index;
  if (!mayCarry(link, 'whole')) return undefined;
  return (method === 'delta' ? length : bytes) + index;
}
