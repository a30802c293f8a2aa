/** Every problem of a working tree at once, by the rules of the controller. */
import { applyChanges } from '../controller/manifests/apply-changes.ts';
import type { Catalogue } from '../controller/manifests/desired.ts';
import type { FileChange } from '../controller/manifests/draft.ts';
import { filesToLocate, locateProblems, type Refused } from '../controller/manifests/locate-problems.ts';
import { isManifestPath, ownChange } from '../controller/manifests/manifest-path.ts';
import { emptyManifestState, type ManifestState } from '../controller/manifests/manifest-state.ts';
import { parseManifestFile } from '../controller/manifests/parse-file.ts';
import { judgeAssemblies, type ReadModule } from '../controller/publishing/judge-assemblies.ts';
import type { TrustFiles } from '../controller/publishing/trust-files.ts';
import type { BlobChange } from '../controller/source/source.ts';
import type { Problem } from '../schemas/generated/types.ts';
import type { LaidTree } from './fleet-revision.ts';
import { renderNote, renderProblem, renderWarning } from './render/problems.ts';
import { plural } from './render/quantities.ts';
import { waveLines, wavesIn } from './render/wave-lines.ts';

/** The releases that the signed metadata of a tree names, and what is wrong with the metadata. */
export type JudgeTrust = (files: TrustFiles) => {
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
  /** Of the whole tree. */
  readonly manifests: number;
  readonly state?: ManifestState;
  /** Devices that are otherwise than in its underlay; the set is made when somebody asks. */
  readonly affected?: ReadonlySet<string>;
}

/** Manifests that differ from the underlay, parsed one after the other, and those that are gone. */
class ChangedFiles implements Iterable<FileChange> {
  readonly #before: ManifestState;
  readonly #changed: readonly BlobChange[];
  readonly #blob: LaidTree['blob'];
  /** How many manifests there are, once all were gone through. */
  manifests: number;

  constructor(before: ManifestState, changed: readonly BlobChange[], blob: LaidTree['blob']) {
    this.#before = before;
    this.#changed = changed;
    this.#blob = blob;
    this.manifests = before.declared.size;
  }

  *[Symbol.iterator](): Generator<FileChange> {
    for (const { path, oid } of this.#changed) {
      const file = oid === undefined ? undefined : parseManifestFile(this.#blob(oid)!);
      const change = ownChange({ path, file });
      this.manifests -= this.#before.files.get(path)?.length ?? 0;
      this.manifests += (change.file?.manifests.length ?? 0) + (change.file?.broken.length ?? 0);
      yield change;
    }
  }
}

/** What was found, with the places it is at in the files of a tree. */
export async function locateIn({ tree, bring, blob }: LaidTree, refused: Refused): Promise<Problem[]> {
  await bring(filesToLocate(refused).flatMap((path) => tree.files.get(path) ?? []));
  return locateProblems(refused, (path) => {
    const oid = tree.files.get(path);
    return oid === undefined ? undefined : blob(oid);
  });
}

/** Judges a tree as the controller would judge the commit of it; `before` is what its underlay came to. */
export async function validateTree(
  laid: LaidTree,
  judgeTrust: JudgeTrust,
  before: ManifestState = emptyManifestState,
): Promise<Validation> {
  const { changes, bring, blob, tree } = laid;
  const changed = changes.files.filter(({ path }) => isManifestPath(path));
  await bring(changed.flatMap(({ oid }) => oid ?? []));
  const files = new ChangedFiles(before, changed, blob);
  const trust = judgeTrust(laid.trust);
  const reread = (path: string) => blob(tree.files.get(path)!)!;
  const applied = applyChanges(before, files, trust.catalogue, reread);
  const doubts = await locateIn(laid, { problems: [], findings: applied.warnings });
  const told = {
    warnings: [...laid.warnings, ...doubts],
    notes: trust.notes ?? [],
    manifests: files.manifests,
  };
  if (applied.kind === 'accepted') {
    if (trust.problems.length > 0) return { ...told, problems: trust.problems };
    return {
      ...{ ...told, problems: [], state: applied.state },
      get affected() {
        return applied.affected;
      },
    };
  }
  const problems = [...trust.problems, ...(await locateIn(laid, applied))].toSorted((left, right) =>
    left.file < right.file ? -1 : left.file > right.file ? 1 : 0,
  );
  return { ...told, problems };
}

/** The last line of the command's output for people. */
export function validationSummary({ problems, manifests, state }: Validation): string {
  if (state === undefined) return `${plural(problems.length, 'problem')} in ${plural(manifests, 'manifest')}`;
  const devices = plural(state.devices.size, 'device');
  return `${plural(manifests, 'manifest')} are right: ${devices} in ${plural(state.fleets.size, 'fleet')}`;
}

/** What the command prints and how it exits: 0 when the tree is right, 1 when it has problems. */
export interface ValidateAnswer {
  readonly output: string;
  readonly exitCode: 0 | 1;
  /** There where the tree is right. */
  readonly state?: ManifestState;
}

export interface ValidateOptions {
  readonly format?: 'text' | 'json';
  /** What the underlay came to. */
  readonly before?: ManifestState;
}

/** The validation with what can't run of what the tree puts together; it is not asked while anything else is wrong. */
async function withAssemblies(validation: Validation, laid: LaidTree, read: ReadModule): Promise<Validation> {
  const { state, warnings, notes, manifests } = validation;
  if (state === undefined) return validation;
  const findings = await judgeAssemblies(state, emptyManifestState, read);
  if (findings.length === 0) return validation;
  return { warnings, notes, manifests, problems: await locateIn(laid, { problems: [], findings }) };
}

/** `fleet validate DIR [-o json]`. */
export async function validate(
  laid: LaidTree,
  judgeTrust: JudgeTrust,
  readModule: ReadModule,
  { format = 'text', before }: ValidateOptions = {},
): Promise<ValidateAnswer> {
  const validation = await withAssemblies(await validateTree(laid, judgeTrust, before), laid, readModule);
  const { problems, notes, manifests, warnings, state } = validation;
  const answer = { exitCode: problems.length === 0 ? 0 : 1, ...(state && { state }) } as const;
  const rollouts = state === undefined ? [] : wavesIn(state);
  if (format === 'json') {
    const document = { manifests, problems, warnings, notes, rollouts };
    return { ...answer, output: `${JSON.stringify(document, undefined, 2)}\n` };
  }
  const lines = [
    ...warnings.map(renderWarning),
    ...problems.map(renderProblem),
    ...notes.map(renderNote),
    ...waveLines(rollouts),
    validationSummary(validation),
  ];
  return { ...answer, output: `${lines.join('\n')}\n` };
}
