/**
 * Certificates of the simulated world, without their cryptography: TLS is believed to show who has which key, and clocks say whose certificate
 * counts. They last for days, so that a month sees as many renewals as years do.
 */

import { createPrivateKey } from 'node:crypto';
import type { EnrolmentOptions } from '../../device-agent/enrol.ts';
import type { Validity } from '../../device-agent/enrol-identity.ts';
import type { Peer, PeerOutOfTime } from '../../platform/ports.ts';
import type { SimKey } from './sim-key.ts';

const hourMs = 3_600_000;
const deviceMs = 72 * hourMs;
const backdatedMs = hourMs;
const serverMs = 72 * hourMs;
const serverLeftMsMin = 24 * hourMs;

/** What every SubjectPublicKeyInfo of such a key begins with, and how long it is. */
const spkiStart = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');
const spkiBytes = 91;

/** The key in a request for a certificate (PEM), in base64. */
export function keyInRequest(csr: string): string {
  const der = Buffer.from(csr.replace(/-----[^-]+-----/g, ''), 'base64');
  const at = der.indexOf(spkiStart);
  return der.subarray(at, at + spkiBytes).toString('base64');
}

/** The authority of the fleet, by the clock of the controller. */
export class SimAuthority {
  readonly #now: () => number;
  readonly #given = new Set<string>();
  #serverEndsAt = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** When the controller's own certificate ends, which it renews in time by its clock. */
  get serverEndsAt(): number {
    const now = this.#now();
    if (this.#serverEndsAt - now < serverLeftMsMin) this.#serverEndsAt = now + serverMs;
    return this.#serverEndsAt;
  }

  issue(device: string, keyFingerprint: string): PeerOutOfTime {
    const now = this.#now();
    const given = { device, keyFingerprint, startsAt: now - backdatedMs, endsAt: now + deviceMs };
    this.#given.add(JSON.stringify(given));
    return given;
  }

  /** Whether it gave that: what was changed on the way does not verify. */
  hasGiven(certificate: string): boolean {
    return this.#given.has(certificate);
  }

  /** Who comes with a certificate. */
  peerOf(certificate: PeerOutOfTime): Peer {
    const { device, keyFingerprint, startsAt, endsAt } = certificate;
    const address = 'simulated';
    const isOf = startsAt <= this.#now() && this.#now() <= endsAt;
    return isOf ? { address, device, keyFingerprint } : { address, outdated: certificate };
  }
}

/** Who a machine is, as its agent has it on its disk. */
export class SimIdentity {
  readonly #authority: SimAuthority;
  readonly #device: string;
  readonly #key: SimKey;
  certificate: PeerOutOfTime;

  constructor(authority: SimAuthority, device: string, key: SimKey, certificate: PeerOutOfTime) {
    this.#authority = authority;
    this.#device = device;
    this.#key = key;
    this.certificate = certificate;
  }

  validity(): Validity {
    return { fromMs: this.certificate.startsAt, untilMs: this.certificate.endsAt };
  }

  /** As a renewal asks for it. */
  get store(): EnrolmentOptions['identity'] {
    return {
      otherOwner: () => undefined,
      claim: () => {},
      key: () => createPrivateKey(this.#key.pem),
      keyText: () => this.#key.pem,
      keep: (text) => {
        if (!this.#authority.hasGiven(text)) return false;
        const given = JSON.parse(text) as PeerOutOfTime;
        const isOwn = given.device === this.#device && given.keyFingerprint === this.#key.fingerprint;
        if (isOwn) this.certificate = given;
        return isOwn;
      },
    };
  }
}
