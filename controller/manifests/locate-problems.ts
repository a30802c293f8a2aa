/** Findings of a refused revision → problems with file, line and column, in reading order. */
import type { Problem } from '../../schemas/generated/types.ts';
import type { Finding } from './finding.ts';
import { problemsMax } from './limits.ts';
import { locate, readYamlText } from './yaml-positions.ts';

/** What `applyChanges` returns for a revision it does not take. */
export interface Refused {
  readonly problems: readonly Problem[];
  readonly findings: readonly Finding[];
}

function compareProblems(left: Problem, right: Problem): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0);
}

/** The findings that will be told: what is wrong with a file itself goes first, because much else may follow from it. */
function findingsTold({ problems, findings }: Refused): readonly Finding[] {
  return findings.slice(0, Math.max(0, problemsMax - problems.length));
}

/** The files whose text `locateProblems` will ask for. */
export function filesToLocate(refused: Refused): string[] {
  return [...new Set(findingsTold(refused).map(({ file }) => file))].sort();
}

/** Every problem, sorted by file, line and column; a file whose bytes are not at hand leaves its problems without a line. */
export function locateProblems(refused: Refused, bytesOf: (file: string) => Uint8Array | undefined): Problem[] {
  const findings = findingsTold(refused);
  const located = filesToLocate(refused).flatMap((file) => {
    const bytes = bytesOf(file);
    const here = findings.filter((finding) => finding.file === file);
    if (bytes === undefined) return here.map(({ code, message }) => ({ file, code, message }));
    const text = readYamlText(new TextDecoder().decode(bytes));
    return here.map((finding) => ({ file, ...locate(text, finding) }));
  });
  const all = [...refused.problems, ...located].toSorted(compareProblems);
  const total = refused.problems.length + refused.findings.length;
  if (total <= problemsMax) return all;
  const told = all.slice(0, problemsMax);
  const message = `and ${total - told.length} more problems`;
  return [...told, { file: told.at(-1)!.file, code: 'MORE_PROBLEMS', message }];
}
