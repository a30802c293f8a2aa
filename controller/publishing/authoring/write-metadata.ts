/** Root and targets metadata as people keep it in git: one member a line. */
import { Key, Metadata, Root, Signature, Targets } from '@tufjs/models';
import { type PrivateKey, type PublicKey, publicKeyHex, signBytes } from '../../../artifact/trust/keys.ts';
import { AuthoringError } from './authoring-error.ts';

export const specVersion = '1.0.31';

const dayMs = 24 * 60 * 60 * 1000;

/** The time so many days after `now`, as metadata has it. */
export function expiryAfter(now: number, days: number): string {
  return `${new Date(now + days * dayMs).toISOString().slice(0, 19)}Z`;
}

/**
 * The version after `before`: at least the seconds of the time. What is signed after a `git revert` then never has the version of
 * what was reverted, which devices know with other content.
 */
export function versionAfter(before: number, now: number): number {
  requireClock(before, now);
  return Math.max(before + 1, Math.floor(now / 1000));
}

/** Refuses to sign by a clock that is behind a version that was signed before: that is of a second that has not come here. */
export function requireClock(before: number, now: number): void {
  if (before * 1000 <= now + dayMs) return;
  const here = `${new Date(now).toISOString().slice(0, 16)}Z`;
  const message = `by the clock here it is ${here}, and the version before, ${before}, is of a later second: what is signed now would end too early. Nothing was signed. Set the clock right; where it is, that version was signed by one that ran ahead: restore trust/ with git`;
  throw new AuthoringError('CLOCK_BEHIND', message);
}

/** A key as metadata has it. */
export function keyEntry(key: PublicKey): Key {
  const keyVal = { public: publicKeyHex(key) };
  return new Key({ keyID: key.keyId, keyType: 'ed25519', scheme: 'ed25519', keyVal });
}

/** A role as root metadata has it, with its keys. */
export interface RoleKeys {
  readonly keys: readonly PublicKey[];
  readonly threshold: number;
}

/** A root for these roles. */
export function rootOf(
  roles: Readonly<Record<'root' | 'targets' | 'snapshot' | 'timestamp', RoleKeys>>,
  version: number,
  expires: string,
): Root {
  const all = Object.values(roles).flatMap(({ keys }) => keys);
  return Root.fromJSON({
    spec_version: specVersion,
    version,
    expires,
    consistent_snapshot: true,
    keys: Object.fromEntries(all.map((key) => [key.keyId, keyEntry(key).toJSON()])),
    roles: Object.fromEntries(
      Object.entries(roles).map(([role, { keys, threshold }]) => [
        role,
        { keyids: keys.map(({ keyId }) => keyId), threshold },
      ]),
    ),
  });
}

/** Targets metadata, from its parts as JSON. */
export function targetsOf(parts: Readonly<Record<string, unknown>>): Targets {
  return Targets.fromJSON({ spec_version: specVersion, ...parts } as Parameters<typeof Targets.fromJSON>[0]);
}

/** The file of a signed part, with signatures by these keys and those it has already. */
export function metadataFile(
  signed: Root | Targets,
  signers: readonly PrivateKey[],
  signatures: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const kept = [...signatures].map(([keyID, sig]) => [keyID, new Signature({ keyID, sig })] as const);
  const metadata = new Metadata(signed, Object.fromEntries(kept));
  for (const signer of signers) {
    metadata.sign(
      (bytes) => new Signature({ keyID: signer.keyId, sig: Buffer.from(signBytes(signer, bytes)).toString('hex') }),
    );
  }
  return new TextEncoder().encode(`${JSON.stringify(metadata.toJSON(), undefined, 2)}\n`);
}
