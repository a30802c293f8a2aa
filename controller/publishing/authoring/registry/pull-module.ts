/** From a reference to the bytes of a module, each held to its digest and size. */
import { sha256Hex } from '../../../../schemas/sha256.ts';
import { releaseBytesMax } from '../add-release.ts';
import { failureOf } from './failure.ts';
import { type Reference, referenceText } from './reference.ts';
import { type Answer, RegistryClient, type RegistryPorts } from './registry-client.ts';
import { RegistryError } from './registry-error.ts';
import {
  configBytesMax,
  type Descriptor,
  judgeConfig,
  manifestBytesMax,
  mediaTypes,
  readDocument,
} from './wasm-artifact.ts';

/** A module as it lay in a registry. */
export interface PulledModule {
  readonly bytes: Uint8Array;
  /** What was asked for, with the digest that a tag had then. */
  readonly reference: Reference & { readonly sha256: string };
}

const accepted = `${mediaTypes.manifest}, ${mediaTypes.index}`;

function requireSame(what: string, wanted: string | number, seen: string | number): void {
  if (wanted === seen) return;
  throw new RegistryError('NOT_AS_SAID', `${what} is ${seen}, and ${wanted} was said; nothing was taken from there`);
}

/** Throws unless the bytes are those that were described. */
function requireDescribed(bytes: Uint8Array, { size, sha256 }: Descriptor, where: string): void {
  requireSame(`the size of ${where}`, size, bytes.length);
  requireSame(`the SHA-256 of ${where}`, sha256, sha256Hex(bytes));
}

async function get(client: RegistryClient, path: string, bytesMax: number, where: string): Promise<Answer> {
  const headers = { accept: path.startsWith('manifests/') ? accepted : '*/*' };
  const answer = await client.ask({ method: 'GET', path, headers, bytesMax });
  if (answer.status !== 200) throw failureOf(answer, where, 'fetched');
  return answer;
}

async function blob(client: RegistryClient, described: Descriptor, bytesMax: number, where: string) {
  const name = `${where}, blob sha256:${described.sha256}`;
  if (described.size > bytesMax) {
    const message = `${name} has ${described.size} bytes, at most ${bytesMax} are taken`;
    throw new RegistryError('ANSWER_TOO_LARGE', message);
  }
  const { bytes } = await get(client, `blobs/sha256:${described.sha256}`, described.size, name);
  requireDescribed(bytes, described, name);
  return bytes;
}

/** The manifest behind an index, or what was asked for itself. */
async function manifestBehind(client: RegistryClient, answer: Answer, where: string) {
  const document = readDocument(answer.bytes, answer.headers['content-type'], where);
  if (document.kind === 'manifest') return document;
  const { manifest } = document;
  const name = `${where}, manifest sha256:${manifest.sha256}`;
  const { bytes } = await get(client, `manifests/sha256:${manifest.sha256}`, manifestBytesMax, name);
  requireDescribed(bytes, manifest, name);
  const behind = readDocument(bytes, manifest.mediaType, name);
  if (behind.kind === 'manifest') return behind;
  throw new RegistryError('NOT_A_MODULE', `${where} is a list that leads to another list; name a manifest`);
}

/** Throws `RegistryError`. */
export async function pullModule(ports: RegistryPorts, reference: Reference): Promise<PulledModule> {
  const where = referenceText(reference);
  const { tag, sha256 } = reference;
  if (tag === undefined && sha256 === undefined)
    throw new RegistryError('BAD_REFERENCE', `${where} says neither tag nor digest: write ${where}:TAG`);
  const client = new RegistryClient(ports, reference, 'pull');
  const wanted = sha256 === undefined ? tag! : `sha256:${sha256}`;
  const answer = await get(client, `manifests/${wanted}`, manifestBytesMax, where);
  const found = sha256Hex(answer.bytes);
  if (sha256 !== undefined) requireSame(`the SHA-256 of ${where}`, sha256, found);
  const told = answer.headers['docker-content-digest'];
  if (told?.startsWith('sha256:')) requireSame(`the digest of ${where}`, told, `sha256:${found}`);
  const { config, layer } = await manifestBehind(client, answer, where);
  judgeConfig(await blob(client, config, configBytesMax, where), layer, where);
  const bytes = await blob(client, layer, releaseBytesMax, where);
  return { bytes, reference: { ...reference, sha256: found } };
}
