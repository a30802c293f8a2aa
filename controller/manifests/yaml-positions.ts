/** Where things stand in the text of a YAML file. Slow beside the reader that fills manifests; used only when something is wrong. */
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { Document, LineCounter, Scalar, YAMLError, YAMLMap, YAMLSeq } from 'yaml';
import type { FileFinding, Place } from './finding.ts';
import type { FileProblem } from './parsed-file.ts';

const require = createRequire(import.meta.url);

/** Loading it takes longer than to read a thousand manifests, and most revisions have nothing wrong. */
const library = (): typeof Yaml => require('yaml');

/** Longest line that is quoted. */
const excerptCharactersMax = 160;

/** A YAML file with the place of each of its values. */
export interface YamlText {
  readonly lines: readonly string[];
  readonly documents: readonly Document.Parsed[];
  readonly lineCounter: LineCounter;
}

/** Reads a text that is known not to nest deeper than the ceiling. */
export function readYamlText(text: string): YamlText {
  const { LineCounter, parseAllDocuments } = library();
  const lineCounter = new LineCounter();
  // `uniqueKeys` compares every key with every other one; see badKeys.
  const parsed = parseAllDocuments(text, { lineCounter, prettyErrors: false, logLevel: 'silent', uniqueKeys: false });
  return { lines: text.split(/\r\n|\r|\n/), documents: [...parsed], lineCounter };
}

/** A problem at a line and a column, both from 1, with the line as its excerpt. */
export function problemAt(
  lines: readonly string[],
  line: number,
  column: number,
  code: string,
  message: string,
): FileProblem {
  const text = lines[line - 1];
  const excerpt = text === undefined || text.trim() === '' ? undefined : text.slice(0, excerptCharactersMax).trimEnd();
  return { line, column, code, message, ...(excerpt === undefined ? {} : { excerpt }) };
}

/** What is still open at an offset: the last quote, `[` or `{` before it whose end does not come before it. */
function openedBefore(document: Document.Parsed, offset: number): number | undefined {
  let opened: number | undefined;
  const look = (node: Scalar | YAMLMap | YAMLSeq): void => {
    const [start, end] = node.range ?? [offset, 0];
    if (start < offset && end >= offset) opened = start;
  };
  library().visit(document, {
    Scalar: (_, scalar) => {
      if (scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE') look(scalar);
    },
    Collection: (_, collection) => {
      if (collection.flow === true) look(collection);
    },
  });
  return opened;
}

/** Errors of the reader at the end of something that was never closed: where it began is what helps. */
function unclosed(
  text: YamlText,
  document: Document.Parsed,
  { code, pos, message }: YAMLError,
): FileProblem | undefined {
  if (!/^Missing closing ["']quote|^Flow .* must .*end with a [\]}]/.test(message)) return undefined;
  const opened = openedBefore(document, pos[0]);
  if (opened === undefined) return undefined;
  const { line, col } = text.lineCounter.linePos(opened);
  const sign = text.lines[line - 1]?.[col - 1] ?? '';
  const end = text.lineCounter.linePos(pos[0]).line;
  const before = code === 'BAD_INDENT' ? `before line ${end}, or what follows stands too far left` : 'before the end';
  return problemAt(text.lines, line, col, 'YAML_SYNTAX', `this ${sign} is not closed ${before}`);
}

function syntaxErrors(text: YamlText, document: Document.Parsed): FileProblem[] {
  return document.errors.map((error) => {
    const { code, pos, message } = error;
    const open = unclosed(text, document, error);
    if (open !== undefined) return open;
    const { line, col } = text.lineCounter.linePos(pos[0]);
    const isTab = code === 'TAB_AS_INDENT';
    return problemAt(text.lines, line, col, isTab ? 'TAB' : 'YAML_SYNTAX', isTab ? tabMessage : message);
  });
}

function badKeys(text: YamlText, document: Document.Parsed): FileProblem[] {
  const problems: FileProblem[] = [];
  const { isCollection, isScalar, visit } = library();
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (isCollection(key) && key.range != null) {
          const { line, col } = text.lineCounter.linePos(key.range[0]);
          problems.push(problemAt(text.lines, line, col, 'COMPLEX_KEY', 'a key must be text, not a map or a list'));
        }
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name) && key.range != null) {
          const { line, col } = text.lineCounter.linePos(key.range[0]);
          problems.push(problemAt(text.lines, line, col, 'DUPLICATE_KEY', `"${name}" stands twice in this map`));
        }
        seen.add(name);
      }
    },
  });
  return problems;
}

/** Says what to do about a tab. */
export const tabMessage = 'a tab cannot indent YAML; use spaces';

/** Every syntax error and every key that is none or stands twice; of several on one line the first, because the others mostly echo it. */
export function yamlProblems(text: YamlText): FileProblem[] {
  const all = text.documents.flatMap((document) => [...syntaxErrors(text, document), ...badKeys(text, document)]);
  const lines = new Set<number>();
  return all.filter(({ line }) => !lines.has(line!) && lines.add(line!));
}

/** Offset of the place, or of the nearest thing around it that stands in the text. */
function offsetOf(document: Document.Parsed, place: Place): number {
  const { isAlias, isMap, isNode, isScalar, isSeq } = library();
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? document.range[0];
  for (const [index, step] of place.path.entries()) {
    const isLast = index === place.path.length - 1;
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
      if (pair === undefined) return offset;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
      if (isLast && place.part === 'key') return offset;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
    } else {
      return offset;
    }
    // A value that is not written (`key:` and nothing) keeps the place of its key.
    if (isNode(node) && node.range != null && node.range[1] > node.range[0]) offset = node.range[0];
  }
  return offset;
}

/** Gives a finding its line and column. */
export function locate(text: YamlText, finding: FileFinding): FileProblem {
  const document = text.documents[finding.document];
  if (document === undefined) return problemAt(text.lines, 1, 1, finding.code, finding.message);
  const { line, col } = text.lineCounter.linePos(offsetOf(document, finding));
  return problemAt(text.lines, Math.max(line, 1), Math.max(col, 1), finding.code, finding.message);
}
