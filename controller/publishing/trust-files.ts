/** The files of a fleet repository that hold signed metadata. */

/** Their bytes by path from the top of the repository. */
export type TrustFiles = ReadonlyMap<string, Uint8Array>;

export const targetsFile = 'trust/targets.json';
export const deploymentKeysFile = 'trust/deployment-keys.json';

export function rootFile(version: number): string {
  return `trust/${version}.root.json`;
}

export function roleFile(role: string): string {
  return `trust/roles/${role}.json`;
}

/** Where targets metadata lies: of `targets`, or of an application. */
export function signedFile(name: string): string {
  return name === 'targets' ? targetsFile : roleFile(name);
}

/** The version in a root's file name; undefined for any other path. */
export function rootVersionOf(path: string): number | undefined {
  const digits = /^trust\/([1-9]\d{0,8})\.root\.json$/.exec(path)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** True for every file that `TrustFiles` should hold. */
export function isTrustFile(path: string): boolean {
  return path.startsWith('trust/') && path.endsWith('.json');
}
