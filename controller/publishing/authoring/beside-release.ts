/** What lies beside a release's file in the repository, for people and tools of its author: no device ever gets it. */
import { isObject } from '../../../schemas/json-object.ts';
import { type ReleaseName, releaseFile } from '../release-path.ts';
import { readWorkFile, removeWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';

/** Endings of the files, in the place of `.wasm`: where it came from. */
const endings = ['.origin.json'] as const;

type Ending = (typeof endings)[number];

function besideFile(release: ReleaseName, ending: Ending): string {
  return releaseFile(release).replace(/\.wasm$/, ending);
}

/** The name of the release's file that a file lies beside; its own name where it is none of these. */
export function releaseBeside(file: string): string {
  const ending = endings.find((one) => file.endsWith(one));
  return ending === undefined ? file : `${file.slice(0, -ending.length)}.wasm`;
}

/** Notes what a release was taken from, as the registry had it at that moment. */
export function writeOrigin(tree: WorkTree, release: ReleaseName, reference: string): void {
  const text = `${JSON.stringify({ reference }, undefined, 2)}\n`;
  writeWorkFile(tree, besideFile(release, '.origin.json'), new TextEncoder().encode(text));
}

/** What a release was taken from; undefined where that was a file, or what is noted can't be read. */
export function readOrigin(tree: WorkTree, release: ReleaseName): string | undefined {
  const bytes = readWorkFile(tree, besideFile(release, '.origin.json'));
  if (bytes === undefined) return undefined;
  try {
    const note: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(note) && typeof note.reference === 'string' ? note.reference : undefined;
  } catch {
    return undefined;
  }
}

/** Takes away all of it. */
export function removeBeside(tree: WorkTree, release: ReleaseName): void {
  for (const ending of endings) removeWorkFile(tree, besideFile(release, ending));
}
