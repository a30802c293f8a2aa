/** What names something in a registry: `oci://HOST[:PORT]/PATH[:TAG][@sha256:DIGEST]`. */
import { RegistryError } from './registry-error.ts';

/** Something in a registry, by tag, by digest, or by a digest that a tag had. */
export interface Reference {
  /** With the port where one is written. */
  readonly host: string;
  readonly repository: string;
  readonly tag?: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256?: string;
}

const scheme = 'oci://';
const host = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
/** As the distribution specification has them. */
const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repository = new RegExp(`^${part}(?:/${part})*$`);
const tag = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const digest = /^sha256:([0-9a-f]{64})$/;
const repositoryCharactersMax = 255;

/** Whether a file's name on the command line means a registry. */
export function isReference(text: string): boolean {
  return text.startsWith(scheme);
}

function refusal(text: string, why: string): RegistryError {
  const form = 'oci://HOST/PATH:TAG or oci://HOST/PATH@sha256:DIGEST';
  return new RegistryError('BAD_REFERENCE', `${JSON.stringify(text)}: ${why}; write ${form}`);
}

/** Cuts `text` at the last `mark`, unless what follows goes on with a path. */
function cutAt(text: string, mark: string): readonly [string, string?] {
  const at = text.lastIndexOf(mark);
  return at < 0 || text.includes('/', at) ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Throws `RegistryError`. */
export function parseReference(text: string): Reference {
  if (!isReference(text)) throw refusal(text, 'it does not begin with oci://');
  const [rest, digestText] = cutAt(text.slice(scheme.length), '@');
  const slash = rest.indexOf('/');
  const hostText = slash < 0 ? rest : rest.slice(0, slash);
  if (!host.test(hostText)) throw refusal(text, `${JSON.stringify(hostText)} is no host`);
  const [path, tagText] = cutAt(slash < 0 ? '' : rest.slice(slash + 1), ':');
  if (path.length > repositoryCharactersMax || !repository.test(path))
    throw refusal(text, `${JSON.stringify(path)} is no path of a repository (lower-case letters, digits, . _ - and /)`);
  if (tagText !== undefined && !tag.test(tagText)) throw refusal(text, `${JSON.stringify(tagText)} is no tag`);
  const sha256 = digestText === undefined ? undefined : digest.exec(digestText)?.[1];
  if (digestText !== undefined && sha256 === undefined)
    throw refusal(text, `${JSON.stringify(digestText)} is no digest of SHA-256`);
  return {
    ...{ host: hostText.toLowerCase(), repository: path },
    ...(tagText === undefined ? {} : { tag: tagText }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/** The opposite of `parseReference`. */
export function referenceText({ host: hostText, repository: path, tag: tagText, sha256 }: Reference): string {
  const tagged = tagText === undefined ? '' : `:${tagText}`;
  return `${scheme}${hostText}/${path}${tagged}${sha256 === undefined ? '' : `@sha256:${sha256}`}`;
}

/** Whether a host of a URL is this machine, where nobody listens in. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** Docker's own registry answers at another name than it is called by. */
const otherEnds: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

/** Where the registry answers: by TLS, but on this machine itself. Throws `RegistryError`. */
export function originOf({ host: hostText }: Reference): string {
  const url = URL.parse(`https://${otherEnds[hostText] ?? hostText}`);
  if (url === null) throw refusal(`${scheme}${hostText}`, `${JSON.stringify(hostText)} is no host`);
  return isLoopback(url.hostname) ? `http://${hostText}` : url.origin;
}
