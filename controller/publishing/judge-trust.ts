import type { Problem } from '../../schemas/generated/types.ts';
import { prevailingTrust } from './prevailing-trust.ts';
import { judgeSuccession } from './succession.ts';
import {
  deploymentKeysFile,
  isTrustFile,
  roleFile,
  rootVersionOf,
  type TrustFiles,
  targetsFile,
} from './trust-files.ts';
import { TrustReader } from './trust-reader.ts';
import { type VerifiedTrust, verifyTrust } from './verify-trust.ts';

/** What a tree's signed metadata comes to where something was published before. */
export type JudgedTrust =
  /** In force from now on; the notes say what of it is not as the tree has it, and what is passed over. */
  | { readonly kind: 'prevails'; readonly trust: VerifiedTrust; readonly notes: readonly Problem[] }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** Files without a use that are named one by one. */
const unusedNamedMax = 20;

/** Judges a tree's signed metadata after what was published, if anything was. The controller and the command line ask here. */
export function judgeTrust(
  tree: TrustFiles,
  published: TrustFiles = new Map(),
  reader: TrustReader = new TrustReader(),
): JudgedTrust {
  const { files, kept } = prevailingTrust(tree, published, reader);
  const prevailing = judgeFiles(files, published, reader);
  if (prevailing.kind === 'prevails') {
    return { ...prevailing, notes: [...kept, ...unused(tree, prevailing.trust)] };
  }
  const isOfKept = prevailing.problems.some(({ file }) => kept.some((note) => note.file === file));
  // Where the two do not go together, it is the tree's own faults that are to be mended.
  if (isOfKept) return judgeFiles(tree, published, reader);
  const areTargetsKept = kept.some(({ file }) => file === targetsFile);
  return areTargetsKept ? { ...prevailing, problems: prevailing.problems.map(withKeptSigners) } : prevailing;
}

/** What was signed in a tree whose targets were taken back is signed by keys that count no more, and signing it again helps nothing. */
function withKeptSigners(problem: Problem): Problem {
  if (problem.code !== 'TRUST_ROLE_THRESHOLD') return problem;
  const remedy = `who signs it is said by the newer ${targetsFile} that was published: bring that back from the branch's history (\`git log --all -- ${targetsFile}\`, \`git checkout COMMIT -- ${targetsFile}\`), then \`fleet release sign\` with the name of the role`;
  return { ...problem, message: `${problem.message}; ${remedy}` };
}

function judgeFiles(files: TrustFiles, published: TrustFiles, reader: TrustReader): JudgedTrust {
  const verified = verifyTrust(files, reader);
  if ('problems' in verified) return { kind: 'refused', problems: verified.problems };
  const { trust } = verified;
  const problems = judgeSuccession(trust, published, reader);
  return problems.length > 0 ? { kind: 'refused', problems } : { kind: 'prevails', trust, notes: [] };
}

/** Files of `trust/` that nothing signed refers to: no device ever sees them, and who reads the tree may think otherwise. */
function unused(tree: TrustFiles, { roles }: VerifiedTrust): Problem[] {
  const used = new Set([targetsFile, deploymentKeysFile, ...[...roles.keys()].map(roleFile)]);
  const isUnused = (path: string) => isTrustFile(path) && rootVersionOf(path) === undefined && !used.has(path);
  const files = [...tree.keys()].filter(isUnused).sort();
  const notes = files.slice(0, unusedNamedMax).map((file) => {
    const message = 'no signed metadata refers to this file: it counts for nothing, and can go';
    return { file, code: 'TRUST_FILE_UNUSED', message };
  });
  if (files.length > unusedNamedMax) {
    const message = `${files.length - unusedNamedMax} more files count for nothing`;
    notes.push({ file: 'trust', code: 'TRUST_FILE_UNUSED', message });
  }
  return notes;
}
