/** What a request is for. */
export interface RequestTarget {
  /** Decoded, without dot segments: whoever compares it or opens a file by it sees what is meant. */
  readonly path: string;
  readonly query: string;
}

/** What stands before the path where a client asks as it would ask a proxy, which every server has to take (RFC 9112, 3.2.2). */
const absoluteForm = /^https?:\/\/[^/?]*/i;

/** A segment as it is meant; undefined where it is none: what it decodes to must not read as two, and ends no variable early. */
function decoded(segment: string): string | undefined {
  try {
    const text = decodeURIComponent(segment);
    return /[/\0]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** As RFC 3986, 5.2.4, on segments; `..` at the root is the root. */
function withoutDots(segments: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  const last = segments.at(-1);
  return last === '.' || last === '..' ? [...kept, ''] : kept;
}

/** Reads what stands in a request's first line, normalised as RFC 3986, 6.2.2, has it; undefined where its path is none. */
export function requestTarget(url: string): RequestTarget | undefined {
  const [raw = '', ...queries] = url.replace(absoluteForm, '').split('?');
  const [root, ...segments] = (raw || '/').split('/').map(decoded);
  if (root !== '' || segments.includes(undefined)) return undefined;
  return { path: `/${withoutDots(segments as string[]).join('/')}`, query: queries.join('?') };
}
