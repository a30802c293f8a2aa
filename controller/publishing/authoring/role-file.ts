/** The metadata of one application's role, as it lies in the work tree. */
import type { Targets } from '@tufjs/models';
import { TrustError } from '../../../artifact/trust/error.ts';
import type { MetadataFile } from '../../../artifact/trust/tuf/metadata.ts';
import { readTargets } from '../../../artifact/trust/tuf/targets.ts';
import { lifetimesDays } from '../lifetimes.ts';
import { roleFile } from '../trust-files.ts';
import { AuthoringError } from './authoring-error.ts';
import { type Announce, signFile } from './sign-file.ts';
import { roleSigners } from './signers.ts';
import { readMetadataFile, type WorkTree } from './work-tree.ts';
import { expiryAfter, targetsOf, versionAfter } from './write-metadata.ts';

/** The role of an application; undefined before its first release. */
export function readRole(tree: WorkTree, name: string): MetadataFile<Targets> | undefined {
  const bytes = readMetadataFile(tree, roleFile(name));
  return bytes === undefined ? undefined : readTargets(bytes, name);
}

/** What the next version of a role is to say. */
export interface NextRole {
  readonly name: string;
  /** As it is now; undefined before the first release. */
  readonly role: MetadataFile<Targets> | undefined;
  /** All targets, by path. */
  readonly targets: object;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly announce: Announce;
}

/** The next version of a role, signed by the release keys that are on this machine. */
export function nextRole(tree: WorkTree, { name, role, targets, now, announce }: NextRole): Uint8Array {
  const signed = targetsOf({
    version: versionAfter(role?.signed.version ?? 0, now),
    expires: expiryAfter(now, lifetimesDays.targets),
    targets,
  });
  const before = role === undefined ? {} : { before: role.signed };
  const signing = { path: roleFile(name), ...before, after: signed, signers: roleSigners(tree, name) };
  return readable(signFile(signing, announce), name);
}

/** The file, unless devices would find it too large to read. */
export function readable(file: Uint8Array, name: string): Uint8Array {
  try {
    readTargets(file, name);
    return file;
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    throw new AuthoringError('TOO_MANY_RELEASES', `no more can be added: ${cause.message}`, { cause });
  }
}
