/** What lies beside a release's file in the repository, for people and tools of its author: no device ever gets it. */
import { isObject } from '../../../schemas/json-object.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { type ReleaseName, releaseFile } from '../release-path.ts';
import type { FunctionSymbols } from './strip-debug.ts';
import { readSymbols, writeSymbols } from './symbols.ts';
import { readWorkFile, removeWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';

/** Endings of the files, in the place of `.wasm`: where it came from, what its functions are called, what it is made of. */
const endings = ['.origin.json', '.symbols.json', '.sbom.json'] as const;

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

/** Keeps what its functions are called, of a release whose names don't travel. */
export function keepSymbols(tree: WorkTree, release: ReleaseName, symbols: FunctionSymbols, sha256: string): void {
  writeWorkFile(tree, besideFile(release, '.symbols.json'), writeSymbols(symbols, sha256));
}

/** What its functions are called; undefined where nothing is kept of a release, or its file is not here. Throws `AuthoringError`. */
export function keptSymbols(tree: WorkTree, release: ReleaseName): FunctionSymbols | undefined {
  const file = besideFile(release, '.symbols.json');
  const [bytes, module] = [readWorkFile(tree, file), readWorkFile(tree, releaseFile(release))];
  return bytes && module && readSymbols(bytes, sha256Hex(module), file);
}

/** Where the bill of what a release is made of lies. */
export function sbomFile(release: ReleaseName): string {
  return besideFile(release, '.sbom.json');
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
