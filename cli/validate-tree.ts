/** Every problem of a working tree at once, by the rules of the controller. */
import { applyChanges } from '../controller/manifests/apply-changes.ts';
import type { Catalogue } from '../controller/manifests/desired.ts';
import type { FileChange } from '../controller/manifests/draft.ts';
import { locateProblems } from '../controller/manifests/locate-problems.ts';
import { isManifestPath, ownChange } from '../controller/manifests/manifest-path.ts';
import { emptyManifestState, type ManifestState } from '../controller/manifests/manifest-state.ts';
import { parseManifestFile } from '../controller/manifests/parse-file.ts';
import { judgeAssemblies, type ReadModule } from '../controller/publishing/judge-assemblies.ts';
import { isTrustFile } from '../controller/publishing/trust-files.ts';
import type { Problem } from '../schemas/generated/types.ts';
import { BlobTree } from './blob-pile.ts';
import { renderNote, renderProblem, renderWarning } from './render/problems.ts';
import type { TreeSnapshot, WorkingTree } from './working-tree.ts';

/** The releases that the signed metadata in a tree names, and what is wrong with the metadata. */
export type JudgeTrust = (tree: WorkingTree) => {
  readonly catalogue: Catalogue;
  readonly problems: readonly Problem[];
  /** What the controller will do otherwise than the tree has it. */
  readonly notes?: readonly Problem[];
};

/** `state` is there when there are no problems. */
export interface Validation {
  /** What nobody reads, and what is most likely not meant; it stops nothing. */
  readonly warnings: readonly Problem[];
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
  /** Of the files that were judged. */
  readonly manifests: number;
  readonly state?: ManifestState;
  /** Devices that are otherwise than in the tree it was laid over. */
  readonly affected?: ReadonlySet<string>;
}

/** A tree that is right, over which another one is laid: what both have is judged once. */
export interface TreeInForce {
  readonly tree: WorkingTree;
  readonly state: ManifestState;
}

const noTree: TreeInForce = { tree: new Map(), state: emptyManifestState };

/** Tells a file of two trees apart: by the ids that git gives to contents where it has both, else by the bytes. */
function differsIn(before: WorkingTree, tree: WorkingTree): (path: string) => boolean {
  if (before instanceof BlobTree && tree instanceof BlobTree) {
    return (path) => before.ids.get(path) !== tree.ids.get(path);
  }
  return (path) => {
    const [left, right] = [before.get(path), tree.get(path)];
    return left === undefined || right === undefined || Buffer.compare(left, right) !== 0;
  };
}

/** Manifests of `tree` that differ from those of another, parsed, and those that are gone. */
function changedFiles(before: WorkingTree, tree: WorkingTree): FileChange[] {
  const differs = differsIn(before, tree);
  const changes: FileChange[] = [];
  for (const path of tree.keys()) {
    if (!isManifestPath(path) || !differs(path)) continue;
    changes.push(ownChange({ path, file: parseManifestFile(tree.get(path)!) }));
  }
  for (const path of before.keys())
    if (!tree.has(path) && isManifestPath(path)) changes.push({ path, file: undefined });
  return changes;
}

/** Few of many files: whoever judges trust need not look at the others. */
function trustFilesOf(tree: WorkingTree): WorkingTree {
  const files = new Map<string, Uint8Array>();
  for (const path of tree.keys()) if (isTrustFile(path)) files.set(path, tree.get(path)!);
  return files;
}

/** Judges a tree as the controller would judge the commit of it. */
export function validateTree(
  { tree, warnings: passedOver }: TreeSnapshot,
  judgeTrust: JudgeTrust,
  before: TreeInForce = noTree,
): Validation {
  const changes = changedFiles(before.tree, tree);
  const manifests = changes.reduce(
    (count, { file }) => count + (file?.manifests.length ?? 0) + (file?.broken.length ?? 0),
    0,
  );
  const trust = judgeTrust(trustFilesOf(tree));
  const applied = applyChanges(before.state, changes, trust.catalogue);
  const notes = trust.notes ?? [];
  const doubts = locateProblems({ problems: [], findings: applied.warnings }, (file) => tree.get(file));
  const warnings = [...passedOver, ...doubts];
  if (applied.kind === 'accepted') {
    if (trust.problems.length > 0) return { warnings, problems: trust.problems, notes, manifests };
    return { warnings, problems: [], notes, manifests, state: applied.state, affected: applied.affected };
  }
  const located = locateProblems(applied, (file) => tree.get(file));
  const problems = [...trust.problems, ...located].toSorted((left, right) =>
    left.file < right.file ? -1 : left.file > right.file ? 1 : 0,
  );
  return { warnings, problems, notes, manifests };
}

/** The last line of the command's output for people. */
export function validationSummary({ problems, manifests, state }: Validation): string {
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  if (state === undefined) return `${counted(problems.length, 'problem')} in ${counted(manifests, 'manifest')}`;
  const devices = counted(state.devices.size, 'device');
  return `${counted(manifests, 'manifest')} are right: ${devices} in ${counted(state.fleets.size, 'fleet')}`;
}

/** What the command prints and how it exits: 0 when the tree is right, 1 when it has problems. */
export interface ValidateAnswer {
  readonly output: string;
  readonly exitCode: 0 | 1;
}

/** The validation with what can't run of what the tree puts together; it is not asked while anything else is wrong. */
async function withAssemblies(validation: Validation, tree: WorkingTree, read: ReadModule): Promise<Validation> {
  const { state, ...rest } = validation;
  if (state === undefined) return validation;
  const findings = await judgeAssemblies(state, emptyManifestState, read);
  if (findings.length === 0) return validation;
  return { ...rest, problems: locateProblems({ problems: [], findings }, (file) => tree.get(file)) };
}

/** `fleet validate DIR [-o json]`. */
export async function validate(
  snapshot: TreeSnapshot,
  judgeTrust: JudgeTrust,
  readModule: ReadModule,
  format: 'text' | 'json' = 'text',
): Promise<ValidateAnswer> {
  const validation = await withAssemblies(validateTree(snapshot, judgeTrust), snapshot.tree, readModule);
  const { problems, notes, manifests, warnings } = validation;
  const exitCode = problems.length === 0 ? 0 : 1;
  if (format === 'json')
    return { output: `${JSON.stringify({ manifests, problems, warnings, notes }, undefined, 2)}\n`, exitCode };
  const lines = [
    ...warnings.map(renderWarning),
    ...problems.map(renderProblem),
    ...notes.map(renderNote),
    validationSummary(validation),
  ];
  return { output: `${lines.join('\n')}\n`, exitCode };
}
