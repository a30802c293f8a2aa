/**
 * Two machines under one name take turns: each connection ends the other's. One takeover is what a device does that comes
 * back before its old connection has died; many are two devices, and that is told.
 */
import { type Takeovers, takeoversSuspect } from '../planning/observed.ts';
import type { Draft } from './draft.ts';
import { record, type Tale } from './history.ts';

/** After so long without one, counting begins anew. */
const pauseMs = 60 * 60_000;

/** Addresses that are remembered. */
const addressesMax = 4;

function next(before: Takeovers | undefined, addresses: readonly string[], now: number): Takeovers {
  const isNew = before === undefined || now - before.at > pauseMs || before.at > now;
  const known = isNew ? [] : before.addresses;
  return {
    count: isNew ? 1 : before.count + 1,
    since: isNew ? now : before.since,
    at: now,
    addresses: [...new Set([...known, ...addresses])].slice(-addressesMax),
  };
}

/** One machine took the place of another, or spoke after the other had begun. */
export function noteTurn(draft: Draft, device: string, addresses: readonly string[], now: number): Tale[] {
  const before = draft.device(device);
  const takeovers = next(before.takeovers, addresses, now);
  draft.keep(device, { ...before, takeovers });
  if (takeovers.count !== takeoversSuspect) return [];
  const where = takeovers.addresses.length === 0 ? '' : ` (from ${takeovers.addresses.join(', ')})`;
  const message = `two machines take turns under its name and key${where}`;
  return record(draft, device, [{ at: new Date(now).toISOString(), code: 'TWO_MACHINES', message }]);
}
