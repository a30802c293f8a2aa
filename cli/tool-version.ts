import type { Disk } from '../platform/ports.ts';

/** The version of this program. */
export function toolVersion({
  disk,
  projectDirectory,
}: {
  readonly disk: Disk;
  readonly projectDirectory: string;
}): string {
  const text = new TextDecoder().decode(disk.readFile(`${projectDirectory}/package.json`));
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}
