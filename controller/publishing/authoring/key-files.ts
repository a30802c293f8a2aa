/** Private keys as PEM files below `.fleet/keys/`, which git ignores. */
import { TrustError } from '../../../artifact/trust/error.ts';
import {
  keyBytes,
  type PrivateKey,
  parsePrivateKey,
  privateKeyFromSeed,
  privateKeyPem,
} from '../../../artifact/trust/keys.ts';
import type { Disk, Random } from '../../../platform/ports.ts';
import { AuthoringError } from './authoring-error.ts';
import { listWorkFolder, readWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';

const offlineFolder = '.fleet/keys/offline';
const onlineFolder = '.fleet/keys/online';
const retiredFolder = '.fleet/keys/retired';

/** Names of the keys that the controller holds. */
export const onlineKeyNames = ['snapshot', 'timestamp', 'deployment'] as const;

/** `root`, `root-2`, … `targets`, `release-NAME` are kept offline; the others go with the controller. */
export function keyFile(name: string): string {
  return `${folderOf(name)}/${name}.pem`;
}

/** Where a key is kept that counts no more: nothing here signs with it. */
export function retiredKeyFile(name: string, keyId: string): string {
  return `${retiredFolder}/${name}-${keyId.slice(0, 12)}.pem`;
}

function folderOf(name: string): string {
  const online = (onlineKeyNames as readonly string[]).includes(name.replace(/\.next$/, ''));
  return online ? onlineFolder : offlineFolder;
}

/** Names of the keys of a role that are on this machine: the role's, and for several of them with a number. */
export function keyNamesOf(tree: WorkTree, role: string): string[] {
  const names = listWorkFolder(tree, folderOf(role)).map((file) => file.replace(/\.pem$/, ''));
  return names.filter(
    (name) => name === role || (name.startsWith(`${role}-`) && /^\d+$/.test(name.slice(role.length + 1))),
  );
}

/** The key of that name, if it is on this machine. */
export function readKey(tree: WorkTree, name: string): PrivateKey | undefined {
  const pem = readWorkFile(tree, keyFile(name));
  return pem === undefined ? undefined : parseKey(pem, keyFile(name));
}

/** The key of that name, made and saved when there is none. */
export function readOrMakeKey(tree: WorkTree, random: Random, name: string): PrivateKey {
  const known = readKey(tree, name);
  if (known !== undefined) return known;
  const file = keyFile(name);
  const key = privateKeyFromSeed(random.bytes(keyBytes));
  writeWorkFile(tree, file, new TextEncoder().encode(privateKeyPem(key)));
  return key;
}

/** All offline keys that are on this machine. */
export function offlineKeys(tree: WorkTree): PrivateKey[] {
  const files = listWorkFolder(tree, offlineFolder).filter((name) => name.endsWith('.pem'));
  return files.map((name) => parseKey(readWorkFile(tree, `${offlineFolder}/${name}`)!, `${offlineFolder}/${name}`));
}

/** The keys that the controller signs with. */
export interface ControllerKeys {
  readonly snapshot: PrivateKey;
  readonly timestamp: PrivateKey;
  readonly deployment: PrivateKey;
}

/** Reads the controller's keys from their directory, `.fleet/keys/online` or wherever it was copied to. */
export function readControllerKeys(disk: Disk, directory: string): ControllerKeys {
  const read = (name: string) => {
    const path = `${directory}/${name}.pem`;
    if (disk.stat(path)?.kind !== 'file') {
      throw new AuthoringError(
        'KEY_MISSING',
        `${path} does not exist; \`fleet keys init\` makes it in ${onlineFolder}`,
      );
    }
    return parseKey(disk.readFile(path), path);
  };
  return { snapshot: read('snapshot'), timestamp: read('timestamp'), deployment: read('deployment') };
}

function parseKey(pem: Uint8Array, file: string): PrivateKey {
  try {
    return parsePrivateKey(new TextDecoder().decode(pem));
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    throw new AuthoringError('KEY_INVALID', `${file}: ${cause.message}`, { cause });
  }
}
