/** The bytes of one manifest file → its manifests, or everything that is wrong with it and where. */
import { loadAll, YAMLException } from 'js-yaml';
import { guessFromText, nameBroken, readBroken } from './broken-manifest.ts';
import { checkDocument, claimsToBeOurs, textClaimsToBeOurs } from './document-check.ts';
import type { FileFinding } from './finding.ts';
import { isLargeFilePointer, largeFilePointerMessage } from './large-file-pointer.ts';
import { aliasesMax, depthMax, fileBytesMax, fileProblemsMax, placedCharactersMax } from './limits.ts';
import type { BrokenManifest, FileProblem, ParsedFile, PlacedManifest } from './parsed-file.ts';
import { checkPlain } from './plain-value.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { locate, problemAt, readYamlText, tabMessage, yamlProblems } from './yaml-positions.ts';

const largeFileProblem: FileProblem = {
  line: 1,
  column: 1,
  code: 'LFS_POINTER',
  message: largeFilePointerMessage,
};

function refused(problems: readonly FileProblem[], broken: readonly BrokenManifest[] = [{}]): ParsedFile {
  return { manifests: [], broken, problems: inOrder(problems) };
}

function inOrder(problems: readonly FileProblem[]): FileProblem[] {
  const sorted = problems.toSorted((left, right) => left.line! - right.line! || left.column! - right.column!);
  if (sorted.length <= fileProblemsMax) return sorted;
  const message = `and ${sorted.length - fileProblemsMax} more problems in this file`;
  return [...sorted.slice(0, fileProblemsMax), { ...sorted[fileProblemsMax]!, code: 'MORE_PROBLEMS', message }];
}

const strict = new TextDecoder('utf-8', { fatal: true });

/** Text of the bytes, or the place of the first line that is not UTF-8. */
function decode(bytes: Uint8Array): string | FileProblem {
  try {
    return strict.decode(bytes);
  } catch {
    const lines = new TextDecoder().decode(bytes).split('\n');
    const line = lines.findIndex((text) => text.includes('\ufffd'));
    const column = (lines[line]?.indexOf('\ufffd') ?? 0) + 1;
    return problemAt(lines, line + 1, column, 'NOT_UTF8', 'the file is not UTF-8 text');
  }
}

/** The one problem the fast reader tells of. */
function firstProblem(lines: readonly string[], failure: YAMLException): FileProblem {
  const line = (failure.mark?.line ?? 0) + 1;
  const tab = /^[ \t]*/.exec(lines[line - 1] ?? '')![0].indexOf('\t');
  if (tab !== -1) return problemAt(lines, line, tab + 1, 'TAB', tabMessage);
  const before = (lines[line - 1] ?? '').slice(0, failure.mark?.column ?? 0);
  if (failure.reason === 'deficient indentation' && before.endsWith('\t'))
    return problemAt(lines, line, before.length, 'TAB', 'a tab cannot stand between two values; use spaces');
  const code = failure.reason.includes('maxDepth')
    ? 'TOO_DEEP'
    : failure.reason.includes('maxAliases')
      ? 'TOO_MANY_ALIASES'
      : 'YAML_SYNTAX';
  return problemAt(lines, line, (failure.mark?.column ?? 0) + 1, code, failure.reason);
}

function syntaxProblems(text: string, failure: YAMLException): ParsedFile {
  const first = firstProblem(text.split(/\r\n|\r|\n/), failure);
  if (text.length > placedCharactersMax) return refused([first], guessFromText(text));
  // The slow reader has no ceilings: it does not get to see what ran into one.
  if (first.code === 'TOO_DEEP' || first.code === 'TOO_MANY_ALIASES') return refused([first]);
  const yaml = readYamlText(text);
  const problems = yamlProblems(yaml);
  return refused(problems.length > 0 ? problems : [first], guessFromText(text));
}

/** Findings with their places; in a text that is too large to look for them, without. */
function placed(text: string, findings: readonly FileFinding[]): FileProblem[] {
  if (text.length > placedCharactersMax) {
    const where = `somewhere in this file: in more than ${placedCharactersMax} characters nobody looks where`;
    return findings.map(({ code, message }) => ({ line: 1, column: 1, code, message: `${message} (${where})` }));
  }
  const yaml = readYamlText(text);
  return findings.map((finding) => locate(yaml, finding));
}

function checkDocuments(values: readonly unknown[]): Omit<ParsedFile, 'problems'> & { findings: FileFinding[] } {
  const manifests: PlacedManifest[] = [];
  const broken: BrokenManifest[] = [];
  const findings: FileFinding[] = [];
  for (const [document, value] of values.entries()) {
    if (value === null || value === undefined) continue;
    const unplain = checkPlain(value, document);
    const checked =
      unplain.length > 0 ? { kind: 'broken' as const, findings: unplain } : checkDocument(value, document);
    if (checked.kind === 'broken') {
      findings.push(...checked.findings);
      broken.push(unplain.length > 0 ? nameBroken(value) : readBroken(value, document));
    } else {
      manifests.push({ document, manifest: checked.manifest });
    }
  }
  return { manifests, broken, findings };
}

/** Reads the manifests of one file; never throws, whatever the bytes are. */
export function parseManifestFile(bytes: Uint8Array): ParsedFile {
  if (bytes.length > fileBytesMax) {
    const message = `the file has ${bytes.length} bytes, at most ${fileBytesMax} are read`;
    return { ...refused([{ line: 1, column: 1, code: 'FILE_TOO_LARGE', message }]), isStranger: true };
  }
  const text = decode(bytes);
  if (typeof text !== 'string') return { ...refused([text]), isStranger: true };
  if (isLargeFilePointer(bytes)) return refused([largeFileProblem]);
  let values: readonly unknown[];
  try {
    const plain = readPlainYaml(text);
    values = plain === undefined ? loadAll(text, { maxDepth: depthMax, maxAliases: aliasesMax }) : [plain];
  } catch (error) {
    if (error instanceof YAMLException)
      return { ...syntaxProblems(text, error), ...(textClaimsToBeOurs(text) ? {} : { isStranger: true }) };
    throw error;
  }
  const { manifests, broken, findings } = checkDocuments(values);
  if (findings.length === 0) return { manifests, broken, problems: [] };
  const problems = inOrder(placed(text, findings));
  return { manifests, broken, problems, ...(values.some(claimsToBeOurs) ? {} : { isStranger: true }) };
}
