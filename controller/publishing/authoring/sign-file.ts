import type { Root, Targets } from '@tufjs/models';
import type { PrivateKey } from '../../../artifact/trust/keys.ts';
import { describeChange, keyIdsText } from './describe-change.ts';
import { metadataFile } from './write-metadata.ts';

/** Takes what is about to be signed, in words, before it is. */
export type Announce = (lines: readonly string[]) => void;

/** What is to be signed. */
export interface Signing {
  /** From the top of the repository. */
  readonly path: string;
  /** The version that is verified; without it, all that the file says is told. */
  readonly before?: Root | Targets;
  readonly after: Root | Targets;
  readonly signers: readonly PrivateKey[];
  /** Signatures that stay. */
  readonly signatures?: ReadonlyMap<string, string>;
}

/** Says what is about to be signed, and by which keys, then signs it: the file's bytes. Without signers nothing is said. */
export function signFile({ path, before, after, signers, signatures }: Signing, announce: Announce): Uint8Array {
  if (signers.length > 0) {
    const keys = keyIdsText(signers.map(({ keyId }) => keyId));
    const lines = describeChange(before, after).map((line) => `  ${line}`);
    announce([`signs ${path} version ${after.version} with ${keys}; it`, ...lines]);
  }
  return metadataFile(after, signers, signatures);
}
