/** Allowed-signers files as ssh-keygen(1) describes them: who may sign, with which key, for what, and when. */

export interface AllowedSigner {
  /** As written: a list of patterns separated by commas. */
  readonly principals: string;
  /** Base64 of the key in SSH's wire format. */
  readonly key: string;
  /** Empty: every namespace. */
  readonly namespaces: readonly string[];
  /** Seconds since the epoch. */
  readonly validAfter?: number;
  readonly validBefore?: number;
}

/** A line that cannot be honoured. The whole file is refused then: half of a list of keys is not the list. */
export class AllowedSignersError extends Error {
  readonly line: number;
  constructor(line: number, detail: string) {
    super(`line ${line} of the allowed signers: ${detail}`);
    this.name = 'AllowedSignersError';
    this.line = line;
  }
}

/** One blank-separated word; a quoted part may hold blanks. */
const word = /^((?:[^\s"]|"(?:[^"\\]|\\.)*")+)(?:\s+|$)/;
const option = /([a-zA-Z-]+)(?:="((?:[^"\\]|\\.)*)")?(?:,|$)/y;

/** `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, with or without Z; UTC either way. */
function parseTime(line: number, text: string): number {
  const parts = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?Z?$/.exec(text);
  if (parts === null) throw new AllowedSignersError(line, `"${text}" is not a time (YYYYMMDD[HHMM[SS]][Z])`);
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part) => (part === undefined ? 0 : Number(part)));
  return Date.UTC(year!, month! - 1, day, hour, minute, second) / 1000;
}

function parseOptions(line: number, text: string): Pick<AllowedSigner, 'namespaces' | 'validAfter' | 'validBefore'> {
  let namespaces: string[] = [];
  let times: { validAfter?: number; validBefore?: number } = {};
  option.lastIndex = 0;
  while (option.lastIndex < text.length) {
    const [, name, value = ''] = option.exec(text) ?? [];
    switch (name?.toLowerCase()) {
      case 'namespaces':
        namespaces = value.split(',').map((namespace) => namespace.trim());
        break;
      case 'valid-after':
        times = { ...times, validAfter: parseTime(line, value) };
        break;
      case 'valid-before':
        times = { ...times, validBefore: parseTime(line, value) };
        break;
      case 'cert-authority':
        throw new AllowedSignersError(line, 'certificate authorities are not supported; list the keys themselves');
      default:
        throw new AllowedSignersError(line, `option "${name ?? text}" is not known`);
    }
  }
  return { namespaces, ...times };
}

function isKeyType(text: string | undefined): boolean {
  return text !== undefined && /^(ssh-|ecdsa-|sk-)/.test(text);
}

function parseLine(line: number, text: string): AllowedSigner {
  const words: string[] = [];
  for (let rest = text; words.length < 4 && rest !== ''; ) {
    const match = word.exec(rest);
    if (match === null) throw new AllowedSignersError(line, 'a quote is not closed');
    words.push(match[1]!);
    rest = rest.slice(match[0].length);
  }
  const [principals, ...others] = words;
  const options = isKeyType(others[0]) ? '' : (others.shift() ?? '');
  const [keyType, key] = others;
  if (!isKeyType(keyType) || key === undefined || !/^[A-Za-z0-9+/]+=*$/.test(key)) {
    throw new AllowedSignersError(line, 'expected: principals [options] key-type base64-key');
  }
  return { principals: principals!.replaceAll('"', ''), key, ...parseOptions(line, options) };
}

/** Reads a whole file; throws `AllowedSignersError` at the first line that cannot be honoured. */
export function parseAllowedSigners(text: string): AllowedSigner[] {
  return text.split(/\r?\n/).flatMap((raw, index) => {
    const line = raw.trim();
    return line === '' || line.startsWith('#') ? [] : [parseLine(index + 1, line)];
  });
}

/** `*` and `?` as in a shell. */
function matchesPattern(text: string, pattern: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 's').test(text);
}

/** True when the signer may sign in `namespace` at that moment. */
export function mayServe(signer: AllowedSigner, namespace: string, atSeconds: number): 'yes' | 'namespace' | 'time' {
  const { namespaces, validAfter = Number.NEGATIVE_INFINITY, validBefore = Number.POSITIVE_INFINITY } = signer;
  if (namespaces.length > 0 && !namespaces.some((pattern) => matchesPattern(namespace, pattern))) return 'namespace';
  return atSeconds >= validAfter && atSeconds < validBefore ? 'yes' : 'time';
}
