/**
 * Reads the plainest of YAML, which most manifests of devices are: maps in blocks, whose keys and values are bare words or small
 * whole numbers, a line each. It gives what the library gives, several times as fast; at the first doubt it gives nothing.
 */

/** Indent, key, and perhaps a word or a number. Nothing in a word can be more than itself: no space, quote, comment or sign. */
const line =
  /( {0,16})([A-Za-z][A-Za-z0-9_./-]{0,127}):(?: (?:([A-Za-z](?:[A-Za-z0-9_./:+=-]{0,254}[A-Za-z0-9_./+=-])?)|(0|[1-9][0-9]{0,8})))?(?:\n|$)/y;

/** Words that mean something else than text, in whatever version of YAML. */
const meaning = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** Beyond this nothing is as plain as it seems. */
const textLengthMax = 16_384;

type PlainMap = Record<string, unknown>;

interface Open {
  readonly indent: number;
  readonly map: PlainMap;
}

/** One document as a plain map; undefined for a text that the library has to read. */
export function readPlainYaml(text: string): PlainMap | undefined {
  if (text.length === 0 || text.length > textLengthMax) return undefined;
  const root: PlainMap = {};
  const open: Open[] = [{ indent: 0, map: root }];
  /** A key whose value has not come yet. */
  let waiting: string | undefined;
  line.lastIndex = 0;
  while (line.lastIndex < text.length) {
    const [, spaces, key, word, digits] = line.exec(text) ?? [];
    if (key === undefined || meaning.test(key) || (word !== undefined && meaning.test(word))) return undefined;
    const indent = spaces!.length;
    const map = mapAt(open, indent, waiting);
    if (map === undefined || Object.hasOwn(map, key)) return undefined;
    map[key] = word ?? (digits === undefined ? undefined : Number(digits));
    waiting = map[key] === undefined ? key : undefined;
  }
  return waiting === undefined ? root : undefined;
}

/** The map that a line of this indent belongs to: one that is open, or the value that was waited for. */
function mapAt(open: Open[], indent: number, waiting: string | undefined): PlainMap | undefined {
  const { indent: last, map } = open.at(-1)!;
  if (waiting !== undefined) {
    if (indent <= last) return undefined;
    const value: PlainMap = {};
    map[waiting] = value;
    open.push({ indent, map: value });
    return value;
  }
  while (open.length > 1 && open.at(-1)!.indent > indent) open.pop();
  return open.at(-1)!.indent === indent ? open.at(-1)!.map : undefined;
}
