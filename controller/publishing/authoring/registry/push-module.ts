/** A module into a registry: its blobs first, and last the manifest that names them. */

import { sha256Hex } from '../../../../schemas/sha256.ts';
import { failureOf } from './failure.ts';
import { type Reference, referenceText } from './reference.ts';
import { RegistryClient, type RegistryPorts } from './registry-client.ts';
import { RegistryError } from './registry-error.ts';
import { artifactOf, type Blob, manifestBytesMax, mediaTypes } from './wasm-artifact.ts';

/** What is put where. */
export interface PushedModule {
  readonly module: Uint8Array;
  readonly reference: Reference & { readonly tag: string };
  readonly annotations: Readonly<Record<string, string>>;
  /** Whether a tag that means something else may mean this from now on. */
  readonly movesTag: boolean;
}

const answerBytesMax = 64 * 1024;

async function pushBlob(client: RegistryClient, { descriptor, bytes }: Blob, where: string): Promise<void> {
  const digest = `sha256:${descriptor.sha256}`;
  const there = await client.ask({ method: 'HEAD', path: `blobs/${digest}`, bytesMax: 0 });
  if (there.status === 200) return;
  const begun = await client.ask({ method: 'POST', path: 'blobs/uploads/', bytesMax: answerBytesMax });
  if (begun.status !== 202) throw failureOf(begun, where, 'put there');
  const url = client.resolve(begun.headers.location);
  url.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  const done = await client.ask({ method: 'PUT', path: url, headers, body: bytes, bytesMax: answerBytesMax });
  if (done.status !== 201) throw failureOf(done, where, 'put there');
}

/** What the tag means now; undefined where there is none. */
async function standing(client: RegistryClient, tag: string, where: string): Promise<string | undefined> {
  const headers = { accept: `${mediaTypes.manifest}, ${mediaTypes.index}` };
  const answer = await client.ask({ method: 'GET', path: `manifests/${tag}`, headers, bytesMax: manifestBytesMax });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw failureOf(answer, where, 'looked up');
  return sha256Hex(answer.bytes);
}

/** Puts it there unless it is there; answers with the digest of its manifest. Throws `RegistryError`. */
export async function pushModule(ports: RegistryPorts, pushed: PushedModule): Promise<Reference> {
  const { module, reference, annotations, movesTag } = pushed;
  const where = referenceText(reference);
  const { layer, config, manifest } = artifactOf(module, annotations);
  const { sha256 } = manifest.descriptor;
  const client = new RegistryClient(ports, reference, 'pull,push');
  const before = await standing(client, reference.tag, where);
  if (before !== undefined && before !== sha256 && !movesTag) {
    const message = `${where} means sha256:${before} already; give this another tag, or have the tag moved: --move-tag`;
    throw new RegistryError('TAG_TAKEN', `${message}. Nothing was put there`);
  }
  if (before !== sha256) {
    for (const blob of [layer, config]) await pushBlob(client, blob, where);
    const headers = { 'content-type': mediaTypes.manifest };
    const path = `manifests/${reference.tag}`;
    const put = { method: 'PUT', path, headers, body: manifest.bytes, bytesMax: answerBytesMax } as const;
    const answer = await client.ask(put);
    if (answer.status !== 201) throw failureOf(answer, where, 'put there');
  }
  return { ...reference, sha256 };
}
