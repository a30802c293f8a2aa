/** Deployments that nobody issued, as somebody makes them who has seen genuine ones and holds none of the keys. */
import { deploymentPayloadType, preAuthenticationEncoding } from '../../artifact/trust/dsse.ts';
import { type PrivateKey, signBytes } from '../../artifact/trust/keys.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import type { Deployment, ShadowDesired } from '../../schemas/generated/types.ts';

interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** Newer than the genuine one, for this device, and not what git asks for: other configuration, or nothing at all. */
function distorted(deployment: Deployment, device: string, random: SimRandom): Deployment {
  const sequence = deployment.sequence + random.integer(1, 3);
  const applications = deployment.applications.map((one) => ({ ...one, config: { ...one.config, forged: true } }));
  return { ...deployment, device, sequence, applications: random.chance(0.2) ? [] : applications };
}

export class Forger {
  readonly #random: SimRandom;
  readonly #key: PrivateKey;

  constructor(random: SimRandom, key: PrivateKey) {
    this.#random = random;
    this.#key = key;
  }

  /** The signatures of the genuine envelope, or its own: under its own name, or under the name of a key that is trusted. */
  #signatures({ signatures }: Envelope, payload: Uint8Array): Envelope['signatures'] {
    if (this.#random.chance(1 / 3)) return signatures;
    const sig = Buffer.from(signBytes(this.#key, preAuthenticationEncoding(deploymentPayloadType, payload)));
    const keyid = this.#random.chance(0.5) ? this.#key.keyId : (signatures[0]?.keyid ?? this.#key.keyId);
    return [{ keyid, sig: sig.toString('base64') }];
  }

  /** A desired state for this device, made from a genuine one; the genuine one where its envelope is elsewhere. */
  forge(genuine: ShadowDesired, device: string): ShadowDesired {
    if (genuine.envelope === undefined) return genuine;
    const envelope: Envelope = JSON.parse(genuine.envelope);
    const deployment: Deployment = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
    const forged = distorted(deployment, device, this.#random);
    const payload = Buffer.from(JSON.stringify(forged));
    const signatures = this.#signatures(envelope, payload);
    const text = JSON.stringify({ ...envelope, payload: payload.toString('base64'), signatures });
    return { ...genuine, sequence: forged.sequence, envelope: text };
  }
}
