/**
 * New private keys in the place of old ones, in steps that may stop anywhere and are gone through again: `NAME.next.pem` is made,
 * what names it is signed, and only then it becomes `NAME.pem`.
 */
import type { PrivateKey } from '../../../artifact/trust/keys.ts';
import type { Random } from '../../../platform/ports.ts';
import { AuthoringError } from './authoring-error.ts';
import { keyFile, keyNamesOf, readKey, readOrMakeKey, retiredKeyFile } from './key-files.ts';
import { rememberRevoked } from './revoked-keys.ts';
import { readWorkFile, removeWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';

/** Keys of one role on this machine that are about to be replaced. */
export interface Replacement {
  readonly names: readonly string[];
  readonly fresh: readonly PrivateKey[];
  /** Ids of keys that are on other machines, and stay. */
  readonly stays: readonly string[];
}

function nextOf(name: string): string {
  return `${name}.next`;
}

/** Makes the keys that take the place of those of a role that are on this machine; none of them counts yet. */
export function beginReplacement(
  tree: WorkTree,
  random: Random,
  role: string,
  namedIds: readonly string[],
): Replacement {
  const old = keyNamesOf(tree, role)
    .map((name) => ({ name, keyId: readKey(tree, name)!.keyId }))
    .filter(({ keyId }) => namedIds.includes(keyId));
  if (old.length === 0) {
    const message = `no key of ${role} is on this machine (${keyFile(role)}); nothing was made or signed`;
    throw new AuthoringError('KEY_MISSING', message);
  }
  const replaced = new Set(old.map(({ keyId }) => keyId));
  return {
    names: old.map(({ name }) => name),
    fresh: old.map(({ name }) => readOrMakeKey(tree, random, nextOf(name))),
    stays: namedIds.filter((keyId) => !replaced.has(keyId)),
  };
}

/** What is named by now takes its place, and what was there is kept aside; returns where. */
export function endReplacement(tree: WorkTree, role: string, namedIds: readonly string[]): string[] {
  return keyNamesOf(tree, role).flatMap((name) => {
    const next = readKey(tree, nextOf(name));
    if (next === undefined || !namedIds.includes(next.keyId)) return [];
    const old = readKey(tree, name)!;
    const retired = retiredKeyFile(name, old.keyId);
    if (old.keyId !== next.keyId) {
      rememberRevoked(tree, old.keyId);
      writeWorkFile(tree, retired, readWorkFile(tree, keyFile(name))!);
      writeWorkFile(tree, keyFile(name), readWorkFile(tree, keyFile(nextOf(name)))!);
    }
    removeWorkFile(tree, keyFile(nextOf(name)));
    return old.keyId === next.keyId ? [] : [retired];
  });
}
