/** What the controller keeps besides its database, and where: one place that names the files. */
import { writeFileDurably } from '../platform/durable-file.ts';
import type { Disk, Random } from '../platform/ports.ts';

/** The files and folders of a state directory, and of the directory that controllers share where several stand by. */
export interface StateDirectory {
  readonly database: string;
  /** Of blobs that were read; may be deleted while the controller is down. */
  readonly cache: string;
  /** What was judged of the revision in force, or of one shortly before it; may be deleted likewise. */
  readonly judged: string;
  readonly authority: string;
  /** Who vouches for the controller, for whoever connects. */
  readonly authorityCertificate: string;
  readonly mirror: string;
  readonly artifacts: string;
  readonly onlineKeys: string;
  /** The bearer token of the API, which the CLI reads. */
  readonly apiToken: string;
  /** Configuration of a Mosquitto that serves as the broker. */
  readonly mosquitto: string;
  /** Written at each start: where the controller listens. */
  readonly endpoints: string;
}

/** `shared` holds what every controller of one fleet must see; it is the state directory itself unless told otherwise. */
export function stateDirectory(path: string, shared = path): StateDirectory {
  return {
    database: `${path}/controller.db`,
    cache: `${path}/cache.db`,
    judged: `${path}/judged-tree`,
    authority: `${shared}/authority`,
    authorityCertificate: `${shared}/authority/ca.pem`,
    mirror: `${shared}/git`,
    artifacts: `${shared}/artifacts`,
    onlineKeys: `${shared}/keys`,
    apiToken: `${shared}/api-token`,
    mosquitto: `${path}/mosquitto`,
    endpoints: `${path}/endpoints.json`,
  };
}

/** What can stand in a header and is not guessed; an operator may have put a token of their own. */
const usableToken = /^[\x21-\x7e]{16,1024}$/;

/** Reads the API token, or makes one: on first start, and in the place of what can't be one, as a power cut or a full disk leaves it. */
export function readApiToken(disk: Disk, random: Random, path: string): string {
  const kept = disk.stat(path) === undefined ? '' : new TextDecoder().decode(disk.readFile(path)).trim();
  if (usableToken.test(kept)) return kept;
  const token = Buffer.from(random.bytes(32)).toString('base64url');
  const cut = path.lastIndexOf('/');
  writeFileDurably(disk, path.slice(0, cut), path.slice(cut + 1), new TextEncoder().encode(`${token}\n`));
  return token;
}
