/**
 * Reads the plainest of YAML, which most manifests of devices are: maps in blocks, whose keys and values are bare words or small
 * whole numbers, a line each. It gives what the library gives, several times as fast; at the first doubt it gives nothing.
 *
 *     line   = up to 16 spaces, key, ":", perhaps " " and a word or a number, end of line
 *     key    = a letter, up to 127 of: letter digit _ . / -
 *     word   = a letter, up to 255 of: letter digit _ . / : + = -, but no ":" at its end
 *     number = 0, or up to 9 digits of which the first is no 0
 *
 * Nothing in a word can be more than itself: no space, quote, comment or sign.
 */

const indentMax = 16;
const keyLengthMax = 128;
const wordLengthMax = 256;
const digitsMax = 9;

/** Beyond this nothing is as plain as it seems. */
const textLengthMax = 16_384;

/** Words that mean something else than text, in whatever version of YAML. */
const meaning = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
const meaningLengthMax = 5;

const [newline, space, zero, colon] = [0x0a, 0x20, 0x30, 0x3a];

const [letter, digit, inKey, inWord] = [1, 2, 4, 8];

/** What a character may be a part of, by its code. */
const uses = new Uint8Array(128);
for (let code = 0; code < uses.length; code += 1) {
  const character = String.fromCharCode(code);
  if (/[A-Za-z]/.test(character)) uses[code]! |= letter;
  if (/[0-9]/.test(character)) uses[code]! |= digit;
  if (/[A-Za-z0-9_./-]/.test(character)) uses[code]! |= inKey;
  if (/[A-Za-z0-9_./:+=-]/.test(character)) uses[code]! |= inWord;
}

/** Whether the character there may be a part of that. There is none beyond the end. */
function isA(use: number, text: string, at: number): boolean {
  const code = at < text.length ? text.charCodeAt(at) : uses.length;
  return code < uses.length && (uses[code]! & use) !== 0;
}

/** Where the characters end that may be a part of that. */
function endOf(use: number, text: string, from: number): number {
  let at = from;
  while (isA(use, text, at)) at += 1;
  return at;
}

function hasMeaning(text: string): boolean {
  return text.length <= meaningLengthMax && meaning.test(text);
}

/** Keys by what tells most of them apart: the same few stand in every manifest, and the engine need not take each in anew. */
const knownKeys = new Array<string | undefined>(256).fill(undefined);

function keyAt(text: string, from: number, end: number): string {
  const place = (text.charCodeAt(from) * 31 + text.charCodeAt(end - 1) * 7 + (end - from)) % knownKeys.length;
  const known = knownKeys[place];
  if (known !== undefined && known.length === end - from && text.startsWith(known, from)) return known;
  // The name of a member is the one string for all that are equal, and holds on to no text.
  const [key] = Object.keys({ [text.slice(from, end)]: true });
  knownKeys[place] = key;
  return key!;
}

/** The end of the word or number that begins there; -1 where neither does. */
function endOfScalar(text: string, from: number): number {
  if (isA(letter, text, from)) {
    const end = endOf(inWord, text, from);
    return end - from > wordLengthMax || text.charCodeAt(end - 1) === colon ? -1 : end;
  }
  const end = endOf(digit, text, from);
  const digits = end - from;
  return digits === 0 || digits > digitsMax || (digits > 1 && text.charCodeAt(from) === zero) ? -1 : end;
}

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
  for (let at = 0; at < text.length; ) {
    const from = at;
    while (text.charCodeAt(at) === space) at += 1;
    const indent = at - from;
    const keyEnd = isA(letter, text, at) ? endOf(inKey, text, at) : at;
    if (indent > indentMax || keyEnd === at || keyEnd - at > keyLengthMax || text.charCodeAt(keyEnd) !== colon)
      return undefined;
    const key = keyAt(text, at, keyEnd);
    const map = mapAt(open, indent, waiting);
    if (map === undefined || hasMeaning(key) || Object.hasOwn(map, key)) return undefined;
    const valueAt = keyEnd + 2;
    const hasValue = text.charCodeAt(keyEnd + 1) === space;
    const end = hasValue ? endOfScalar(text, valueAt) : keyEnd + 1;
    if (end === -1 || (end < text.length && text.charCodeAt(end) !== newline)) return undefined;
    waiting = hasValue ? undefined : key;
    const value = hasValue ? text.slice(valueAt, end) : undefined;
    if (value !== undefined && hasMeaning(value)) return undefined;
    map[key] = value !== undefined && isA(digit, text, valueAt) ? Number(value) : value;
    at = end + 1;
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
