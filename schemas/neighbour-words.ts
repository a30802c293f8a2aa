import type { NeighbourReport, Progress } from './generated/types.ts';

/** Why nothing is asked of a neighbour, and for how long from then on. */
const reasons: Readonly<Record<NeighbourReport['why'], { readonly words: string; readonly restMs: number }>> = {
  'wrong-bytes': { words: 'sent something else than it was asked for', restMs: 24 * 3_600_000 },
  'too-slow': { words: 'stalled, or sent too slowly', restMs: 3_600_000 },
  untrusted: { words: "and this device do not take each other's certificates", restMs: 600_000 },
};

/** How long a neighbour is asked for nothing after it did that. */
export function restMsAfter(why: NeighbourReport['why']): number {
  return reasons[why].restMs;
}

/** Why a neighbour is asked for nothing: `bella (10.0.0.7:7450) stalled, or sent too slowly: it is asked for nothing for 1 h from 2026-12-24T12:00Z on`. */
export function neighbourWords({ device, address, why, at }: NeighbourReport): string {
  const { words, restMs } = reasons[why];
  const who = device === undefined ? address : `${device} (${address})`;
  const rest = restMs < 3_600_000 ? `${restMs / 60_000} min` : `${restMs / 3_600_000} h`;
  return `${who} ${words}: it is asked for nothing for ${rest} from ${at.slice(0, 16)}Z on`;
}

/** That a neighbour is waited for, behind how far a device is. */
export function awaitedWords({ neighbour }: Progress): string {
  return neighbour === undefined ? '' : `; it waits for its neighbour ${neighbour}, which fetches for the site`;
}
