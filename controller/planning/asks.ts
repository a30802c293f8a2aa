/** Devices without a session, which ask over HTTPS in a rhythm that they announce. */
import type { ExpectedContact } from '../../schemas/generated/types.ts';
import type { DesiredDevice } from '../manifests/desired.ts';
import { momentOf } from './moments.ts';
import type { ObservedDevice } from './observed.ts';

/** How much later than announced a device may ask: it may retry over a link that was away for a moment. */
const lateShare = 0.25;
const lateMs = 5 * 60_000;

/** How long a device may be silent by its own word; undefined of one that has sessions. */
function silenceMsMax({ connected, report }: ObservedDevice): number | undefined {
  if (connected === true || report?.asks === undefined) return undefined;
  return report.asks.everySeconds * 1000 * (1 + lateShare) + lateMs;
}

/** After how long a silence nothing is known of it any more: by git, and by its own word where that is longer. */
export function darkAfterMs({ darkAfterSeconds }: DesiredDevice, observed: ObservedDevice): number {
  return Math.max(darkAfterSeconds * 1000, silenceMsMax(observed) ?? 0);
}

/** When one that was heard last at `since` asks next, by its own word; undefined of one that has sessions. */
export function nextAsk(observed: ObservedDevice, since: number | undefined, now: number): ExpectedContact | undefined {
  const silentMsMax = silenceMsMax(observed);
  if (silentMsMax === undefined || since === undefined) return undefined;
  const { everySeconds } = observed.report!.asks!;
  const known = { silences: 0, usualSeconds: everySeconds };
  if (now - since > silentMsMax) return { kind: 'overdue', ...known };
  return {
    kind: 'expected',
    ...known,
    by: momentOf(since + everySeconds * 1000),
    surelyBy: momentOf(since + silentMsMax),
  };
}
