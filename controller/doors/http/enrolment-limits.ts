/**
 * How many enrolments are judged: each costs a signature check, and anybody may ask for one. Strangers have a bucket for each
 * source. Who holds a valid certificate renews by a bucket of its own, which no stranger can empty; and who has shown a key that git
 * names was no stranger, so a whole fleet behind one address is enrolled as fast as certificates are made.
 */
import type { Peer } from '../../../platform/ports.ts';
import { sourceOf } from '../../../platform/source-address.ts';
import type { AuthorizeDevice } from '../../authority/authorization.ts';
import { RateLimits } from '../rate-limits.ts';

/** A second and source. */
const strangersPerSecond = 20;
const strangersBurst = 200;
const sourcesRemembered = 10_000;

/** A device enrols once and renews once in weeks; what is more comes of restarts. */
const renewalsPerSecond = 1 / 60;
const renewalsBurst = 10;
const devicesRemembered = 100_000;

/** Decides whether a request is judged now. */
export interface EnrolmentLimits {
  /** False when this one has to come later. */
  take(device: string, peer: Peer, authorize: AuthorizeDevice): boolean;
  /** One that was judged was a device's: its source need not answer for it. */
  enrolled(device: string, peer: Peer): void;
}

/** The limits of one controller, over a monotonic clock in milliseconds. */
export function enrolmentLimits(monotonic: () => number): EnrolmentLimits {
  const strangers = new RateLimits({
    ...{ perSecond: strangersPerSecond, burst: strangersBurst, rememberedMax: sourcesRemembered, monotonic },
  });
  const holders = new RateLimits({
    ...{ perSecond: renewalsPerSecond, burst: renewalsBurst, rememberedMax: devicesRemembered, monotonic },
  });
  return {
    take(device, peer, authorize) {
      const { keyFingerprint } = peer;
      const isHolder =
        peer.device === device && keyFingerprint !== undefined && authorize(device, keyFingerprint) === 'ok';
      return isHolder ? holders.take(device) : strangers.take(sourceOf(peer.address));
    },
    enrolled(device, peer) {
      if (peer.device !== device && holders.take(device)) strangers.giveBack(sourceOf(peer.address));
    },
  };
}
