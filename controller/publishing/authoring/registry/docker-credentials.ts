/** What Docker's own file says of how to log in to a registry, as `docker login` writes it. */
import { isObject } from '../../../../schemas/json-object.ts';
import { RegistryError } from './registry-error.ts';

/** Who asks a registry. */
export type Credential =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** Given by the place where tokens are made, which gives others for it. */
  | { readonly kind: 'identity'; readonly token: string };

/** Where the file says to look. */
export type CredentialPlace =
  | { readonly kind: 'said'; readonly credential: Credential }
  /** A program, which is asked for that server. */
  | { readonly kind: 'helper'; readonly program: string; readonly server: string };

/** Where `docker login` keeps what it knows of Docker's own registry. */
const namesOfOwn: Readonly<Record<string, string>> = { 'docker.io': 'https://index.docker.io/v1/' };

function broken(file: string, why: string): RegistryError {
  const next = 'mend it or log in again (docker login)';
  return new RegistryError('BAD_CREDENTIALS', `${file} can't be used: ${why}; ${next}`);
}

/** The name of a server without what older files have around it. */
function bare(server: string): string {
  return server.replace(/^https?:\/\//, '').split('/', 1)[0]!;
}

/** Of entries by server the one for `host`; one that is named just so comes first. */
function entryFor(entries: unknown, server: string): unknown {
  if (!isObject(entries)) return undefined;
  if (Object.hasOwn(entries, server)) return entries[server];
  return Object.entries(entries).find(([name]) => bare(name) === bare(server))?.[1];
}

function helper(name: unknown, server: string, file: string): CredentialPlace {
  if (typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
    return { kind: 'helper', program: `docker-credential-${name}`, server };
  throw broken(file, `it names a program for ${server} that is no name`);
}

function saidOf(entry: unknown, server: string, file: string): Credential {
  if (!isObject(entry)) return { kind: 'nobody' };
  const { auth, identitytoken } = entry;
  if (typeof identitytoken === 'string' && identitytoken !== '') return { kind: 'identity', token: identitytoken };
  if (auth === undefined || auth === '') return { kind: 'nobody' };
  const text = typeof auth === 'string' ? Buffer.from(auth, 'base64').toString('utf8') : '';
  const cut = text.indexOf(':');
  if (cut < 1) throw broken(file, `auth of ${server} is not USER:PASSWORD in Base64`);
  return { kind: 'password', user: text.slice(0, cut), password: text.slice(cut + 1).replace(/\0+$/, '') };
}

/** Reads the file's text. Throws `RegistryError`. */
export function credentialPlace(text: string, host: string, file: string): CredentialPlace {
  const server = namesOfOwn[host] ?? host;
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw broken(file, 'it is no JSON');
  }
  if (!isObject(config)) throw broken(file, 'it is no object');
  const own = entryFor(config.credHelpers, server);
  if (own !== undefined) return helper(own, server, file);
  const credential = saidOf(entryFor(config.auths, server), server, file);
  const { credsStore } = config;
  if (credential.kind === 'nobody' && typeof credsStore === 'string' && credsStore !== '')
    return helper(credsStore, server, file);
  return { kind: 'said', credential };
}

/** What a helper prints for a server that it knows. Throws `RegistryError`. */
export function helperAnswer(printed: string, program: string): Credential {
  let answer: unknown;
  try {
    answer = JSON.parse(printed);
  } catch {
    throw broken(program, 'what it printed is no JSON');
  }
  if (!isObject(answer) || typeof answer.Username !== 'string' || typeof answer.Secret !== 'string')
    throw broken(program, 'it printed no Username and Secret');
  const { Username: user, Secret: password } = answer;
  return user === '<token>' ? { kind: 'identity', token: password } : { kind: 'password', user, password };
}
