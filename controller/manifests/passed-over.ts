/** What git holds in a fleet repository and we do not read, told where somebody may think that we do. */
import type { Problem } from '../../schemas/generated/types.ts';
import type { FleetTree, OddKind } from './fleet-tree.ts';
import { isManifestHome, mayHoldManifests } from './manifest-path.ts';

/** Told of one revision. */
const toldMax = 100;

function oddProblem(path: string, kind: OddKind): Problem {
  if (kind === 'submodule')
    return {
      file: path,
      code: 'SUBMODULE',
      message: 'is a submodule: git holds only a commit id, nothing in it is read',
    };
  return {
    file: path,
    code: 'SYMBOLIC_LINK',
    message: 'is a symbolic link: git holds only a name, it is not followed',
  };
}

/** Whether a file looks like a manifest and is read by nobody, or should not be there. */
export function isUnreadName(path: string): boolean {
  return nameProblem(path) !== undefined;
}

/** Where machines keep keys and state of their own. */
const privateFolder = /^\.fleet\//;

function nameProblem(path: string): Problem | undefined {
  if (privateFolder.test(path)) {
    const message =
      'is of .fleet/, which holds keys and state of one machine: whoever checks this out loses their own. Take it out of git, and rotate a key that was committed';
    return { file: path, code: 'KEYS_IN_GIT', message };
  }
  const extension = /\.(ya?ml|json|jsonc|toml)$/i.exec(path)?.[0];
  if (extension === undefined || extension === '.yaml' || extension === '.yml') return undefined;
  const isYaml = /^\.ya?ml$/i.test(extension);
  if (!mayHoldManifests(path) || !(isYaml || isManifestHome(path))) return undefined;
  const message = `is not read: the names of manifests end in .yaml or .yml, not in ${extension}`;
  return { file: path, code: 'UNREAD_NAME', message };
}

/** The warnings of a revision, in the order of their paths; the last one says how many more there are. */
export function passedOver(odd: FleetTree['odd'], paths: Iterable<string>): readonly Problem[] {
  const entries = Array.from(odd, ([path, kind]) => oddProblem(path, kind));
  const all = [...entries, ...Array.from(paths).flatMap((path) => nameProblem(path) ?? [])];
  const sorted = all.toSorted((left, right) => (left.file < right.file ? -1 : 1));
  if (sorted.length <= toldMax) return sorted;
  const message = `and ${sorted.length - toldMax} more are not read`;
  return [...sorted.slice(0, toldMax), { file: sorted[toldMax]!.file, code: 'MORE_PASSED_OVER', message }];
}
