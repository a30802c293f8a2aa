/** Devices without a session, which ask over HTTPS in a rhythm that they announce. */
import type { ExpectedContact } from '../../schemas/generated/types.ts';
import type { DesiredDevice } from '../manifests/desired.ts';
import { momentOf } from './moments.ts';
import type { ObservedDevice } from './observed.ts';

/** How much later than announced a device may ask: it may retry over a link that was away for a moment. */
const lateShare = 0.25;
const lateMs = 5 * 60_000;

/** No agent can be told to ask more seldom than in 30 days: who announces that is believed no further, or would never be dark. */
const secondsMax = 30 * 86_400;

/** How often it asks by its own word; undefined of one that has sessions. */
function secondsOf({ connected, report }: ObservedDevice): number | undefined {
  if (connected === true || report?.asks === undefined) return undefined;
  return Math.min(report.asks.everySeconds, secondsMax);
}

/** How long a device that asks so often may be silent. */
function silenceMsMax(seconds: number): number {
  return seconds * 1000 * (1 + lateShare) + lateMs;
}

/** After how long a silence nothing is known of it any more: by git, and by its own word where that is longer. */
export function darkAfterMs({ darkAfterSeconds }: DesiredDevice, observed: ObservedDevice): number {
  const seconds = secondsOf(observed);
  return Math.max(darkAfterSeconds * 1000, seconds === undefined ? 0 : silenceMsMax(seconds));
}

/** When one that was heard last at `since` asks next, by its own word; undefined of one that has sessions. */
export function nextAsk(observed: ObservedDevice, since: number | undefined, now: number): ExpectedContact | undefined {
  const everySeconds = secondsOf(observed);
  if (everySeconds === undefined || since === undefined) return undefined;
  const silentMsMax = silenceMsMax(everySeconds);
  const known = { silences: 0, usualSeconds: everySeconds };
  if (now - since > silentMsMax) return { kind: 'overdue', ...known };
  return {
    kind: 'expected',
    ...known,
    by: momentOf(since + everySeconds * 1000),
    surelyBy: momentOf(since + silentMsMax),
  };
}
