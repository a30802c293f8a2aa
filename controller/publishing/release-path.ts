/** Names and places of releases: one syntax for targets, files in git, and what is served. */

/** What identifies a release. */
export interface ReleaseName {
  readonly name: string;
  readonly version: string;
}

/** An application's name, as the schemas have it. */
export const namePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** A release's version, as the schemas have it. */
export const versionPattern = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/;

/** `NAME/VERSION.wasm`: the path of the TUF target. */
export function targetPath({ name, version }: ReleaseName): string {
  return `${name}/${version}.wasm`;
}

/** `releases/NAME/VERSION.wasm`: the file in a fleet repository. */
export function releaseFile(release: ReleaseName): string {
  return `releases/${targetPath(release)}`;
}

/** True for every path that `releaseFile` may give. */
export function isReleaseFile(path: string): boolean {
  return path.startsWith('releases/') && path.endsWith('.wasm');
}

/** The release that a target's path names; undefined when it names none. */
export function parseTargetPath(path: string): ReleaseName | undefined {
  const [name = '', file = '', ...rest] = path.split('/');
  const version = file.endsWith('.wasm') ? file.slice(0, -'.wasm'.length) : '';
  return rest.length === 0 && namePattern.test(name) && versionPattern.test(version) ? { name, version } : undefined;
}
