import type { Targets } from '@tufjs/models';
import type { MetadataFile } from '../../artifact/trust/tuf/metadata.ts';
import { type Delegation, requireThreshold } from '../../artifact/trust/tuf/signatures.ts';
import { readTargets } from '../../artifact/trust/tuf/targets.ts';

interface KnownFile {
  readonly name: string;
  readonly file: MetadataFile<Targets>;
  /** The signers, as text, whose threshold was met. */
  signedFor?: string;
}

/**
 * Reads targets metadata and judges its signatures, each array of bytes once: whoever hands in the same arrays again pays for
 * what is new. The arrays are not to be written to.
 */
export class TrustReader {
  readonly #known = new WeakMap<Uint8Array, KnownFile>();

  /** The file, not judged. Throws `TrustError`. */
  read(bytes: Uint8Array, name: string): MetadataFile<Targets> {
    return this.#read(bytes, name).file;
  }

  /** The file, if its signers signed it. Throws `TrustError`; `what` names the file in it. */
  readSigned(bytes: Uint8Array, name: string, delegation: Delegation, what: string): MetadataFile<Targets> {
    const known = this.#read(bytes, name);
    const signers = signersText(delegation);
    if (known.signedFor !== signers) {
      requireThreshold(delegation, known.file, what, '5.6.3');
      known.signedFor = signers;
    }
    return known.file;
  }

  #read(bytes: Uint8Array, name: string): KnownFile {
    const known = this.#known.get(bytes);
    if (known?.name === name) return known;
    const read: KnownFile = { name, file: readTargets(bytes, name) };
    this.#known.set(bytes, read);
    return read;
  }
}

function signersText({ keys, role: { keyIDs, threshold } }: Delegation): string {
  const used = keyIDs.map((keyId) => [keyId, Object.hasOwn(keys, keyId) ? keys[keyId]!.toJSON() : undefined]);
  return JSON.stringify([threshold, used]);
}
