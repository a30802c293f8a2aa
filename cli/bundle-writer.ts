/** Writes a bundle: what the controller signed of it, and the files that it fetches from there, one after the other. */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { bundlePayloadType, claimedPayload } from '../artifact/trust/dsse.ts';
import { type Disk, type DiskFile, NetworkError } from '../platform/ports.ts';
import { requireReplaceable } from '../platform/replaceable-file.ts';
import { bundleHead } from '../schemas/bundle-file.ts';
import type { BundleAnswer, BundledFile, BundleStatement } from '../schemas/generated/types.ts';
import { isBundleStatement } from '../schemas/generated/validators/bundle.js';
import { sha256Hex } from '../schemas/sha256.ts';
import { CommandError } from './command.ts';
import { noteBundle } from './controller-acts.ts';
import type { ControllerClient } from './controller-client.ts';

const again = 'make the bundle again';

/** What the controller signed. Throws `CommandError`. */
export function statementIn({ lease }: BundleAnswer): BundleStatement {
  const payload = claimedPayload(lease, bundlePayloadType);
  const value: unknown = payload && JSON.parse(Buffer.from(payload).toString('utf8'));
  if (!isBundleStatement(value)) throw new CommandError('the controller signs bundles of another version');
  return value;
}

async function* fetched(client: ControllerClient, name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const path = `/${name.split('/').map(encodeURIComponent).join('/')}`;
  const { status, body } = await client.open(path, signal);
  if (status !== 200) throw new CommandError(`the controller answers ${status} for ${name}; ${again}`);
  yield* body;
}

/** Appends a file, and refuses another than was signed; where it ends. */
async function append(
  out: DiskFile,
  start: number,
  { name, length, sha256 }: BundledFile,
  pieces: AsyncIterable<Uint8Array>,
): Promise<number> {
  const hash = createHash('sha256');
  let at = start;
  for await (const piece of pieces) {
    out.write(at, piece);
    hash.update(piece);
    at += piece.length;
    if (at > start + length) break;
  }
  if (at === start + length && hash.digest('hex') === sha256) return at;
  throw new CommandError(`${name} is not what the controller signed a moment ago; ${again}`);
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function write(out: DiskFile, answer: BundleAnswer, client: ControllerClient, signal: AbortSignal) {
  const head = bundleHead(answer.lease);
  out.truncate(0);
  out.write(0, head);
  let at = head.length;
  for (const file of statementIn(answer).files) {
    const text = Object.hasOwn(answer.texts, file.name) ? answer.texts[file.name] : undefined;
    at = await append(out, at, file, text === undefined ? fetched(client, file.name, signal) : once(text));
  }
  out.sync();
  return at;
}

/** Where it lies until it is whole. */
function partOf(path: string): string {
  return `${path}.part`;
}

/** Refuses a path where none can be written. */
export function requireBundlePlace(disk: Disk, path: string): void {
  requireReplaceable(disk, path, partOf(path));
}

/**
 * Writes it to this path, where nothing is until all of it is, and on record: what no room was left for is not said to be under way, and
 * what is not on record is not carried. How long it is. Throws `CommandError`.
 */
export async function writeBundle(
  disk: Disk,
  path: string,
  answer: BundleAnswer,
  client: ControllerClient,
  signal: AbortSignal,
): Promise<number> {
  requireBundlePlace(disk, path);
  const part = partOf(path);
  // A link there would have another file written.
  disk.remove(part);
  try {
    let bytes: number;
    {
      using out = disk.open(part, 'write');
      bytes = await write(out, answer, client, signal);
    }
    await noteBundle(client, sha256Hex(Buffer.from(answer.lease)));
    disk.rename(part, path);
    disk.syncDirectory(dirname(path));
    return bytes;
  } catch (error) {
    disk.remove(part);
    if (error instanceof NetworkError)
      throw new CommandError(`the controller at ${client.controller} stopped answering: ${error.message}`);
    throw error;
  }
}
