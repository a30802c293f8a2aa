/**
 * How a Wasm module lies in a registry, by the layout of the CNCF's TAG Runtime. Pure.
 *
 *     index (may be there) ─► manifest ─┬─► config   application/vnd.wasm.config.v0+json   {"architecture":"wasm","os":"wasip1","layerDigests":[…]}
 *       one entry for wasm              └─► layer    application/wasm                      the module
 */
import { isObject } from '../../../../schemas/json-object.ts';
import { sha256Hex } from '../../../../schemas/sha256.ts';
import { RegistryError } from './registry-error.ts';

/** Of the documents and blobs of the layout. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.wasm.config.v0+json',
  module: 'application/wasm',
} as const;

/** As the distribution specification advises. */
export const manifestBytesMax = 4 * 1024 * 1024;
/** A configuration names digests and what a component needs. */
export const configBytesMax = 1024 * 1024;
const entriesMax = 10_000;

/** What a document says of another, or of a blob. */
export interface Descriptor {
  readonly mediaType: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
  readonly size: number;
}

/** A document as far as it was judged: a list to choose from, or the module's own. */
export type ArtifactDocument =
  | { readonly kind: 'index'; readonly manifest: Descriptor }
  | { readonly kind: 'manifest'; readonly config: Descriptor; readonly layer: Descriptor };

function refuse(where: string, why: string): RegistryError {
  const layout = `a manifest with the configuration ${mediaTypes.config} and one layer ${mediaTypes.module}`;
  return new RegistryError('NOT_A_MODULE', `${where} is no Wasm module for devices: ${why}; wanted is ${layout}`);
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 100) ?? 'nothing';
}

function objectOf(bytes: Uint8Array, where: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw refuse(where, 'it is no JSON object');
}

function descriptorOf(value: unknown, where: string): Descriptor {
  const { mediaType, digest, size } = isObject(value) ? value : {};
  const [, sha256] = (typeof digest === 'string' && /^sha256:([0-9a-f]{64})$/.exec(digest)) || [];
  if (sha256 === undefined) throw refuse(where, `a digest is ${shown(digest)}, not one of SHA-256`);
  if (typeof mediaType !== 'string' || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw refuse(where, `${shown(digest)} has no media type, or no size`);
  return { mediaType, sha256, size };
}

function listOf(value: unknown, what: string, where: string): readonly unknown[] {
  if (Array.isArray(value) && value.length <= entriesMax) return value;
  throw refuse(where, `its ${what} are no list of at most ${entriesMax}`);
}

function isForWasm(entry: unknown): boolean {
  return isObject(entry) && isObject(entry.platform) && entry.platform.architecture === 'wasm';
}

function isForPreview1(entry: unknown): boolean {
  return isObject(entry) && isObject(entry.platform) && entry.platform.os === 'wasip1';
}

function chosenOf(document: Readonly<Record<string, unknown>>, where: string): ArtifactDocument {
  const forWasm = listOf(document.manifests, 'manifests', where).filter(isForWasm);
  const forPreview1 = forWasm.filter(isForPreview1);
  const [chosen, ...more] = forPreview1.length > 0 ? forPreview1 : forWasm;
  if (chosen === undefined) throw refuse(where, 'none of what it lists is for the architecture wasm');
  if (more.length > 0) throw refuse(where, 'it lists several for wasm; name the one that is meant by its digest');
  const manifest = descriptorOf(chosen, where);
  if (manifest.mediaType !== mediaTypes.manifest) throw refuse(where, `it leads to ${shown(manifest.mediaType)}`);
  return { kind: 'index', manifest };
}

function partsOf(document: Readonly<Record<string, unknown>>, where: string): ArtifactDocument {
  const config = descriptorOf(document.config, where);
  if (config.mediaType !== mediaTypes.config) throw refuse(where, `its configuration is ${shown(config.mediaType)}`);
  const layers = listOf(document.layers, 'layers', where);
  if (layers.length !== 1) throw refuse(where, `it has ${layers.length} layers`);
  const layer = descriptorOf(layers[0], where);
  if (layer.mediaType !== mediaTypes.module) throw refuse(where, `its layer is ${shown(layer.mediaType)}`);
  return { kind: 'manifest', config, layer };
}

/** Reads an index or a manifest; `contentType` is what the registry calls it. Throws `RegistryError`. */
export function readDocument(bytes: Uint8Array, contentType: string | undefined, where: string): ArtifactDocument {
  const document = objectOf(bytes, where);
  // What could be read as both would be one thing here and another elsewhere.
  if (document.manifests !== undefined && (document.layers ?? document.config) !== undefined)
    throw refuse(where, 'it is a list of manifests and a manifest at once');
  const type = document.mediaType ?? contentType?.split(';', 1)[0]?.trim();
  if (type === mediaTypes.index) return chosenOf(document, where);
  if (type === mediaTypes.manifest) return partsOf(document, where);
  throw refuse(where, `it is ${shown(type)}`);
}

/** Holds a configuration to the layer that it comes with. Throws `RegistryError`. */
export function judgeConfig(bytes: Uint8Array, layer: Descriptor, where: string): void {
  const { architecture, os, layerDigests } = objectOf(bytes, where);
  if (architecture !== 'wasm') throw refuse(where, `its architecture is ${shown(architecture)}`);
  if (os !== 'wasip1') throw refuse(where, `it is made for ${shown(os)}, and devices run modules for "wasip1"`);
  const digests = listOf(layerDigests, 'layerDigests', where);
  if (digests.length !== 1 || digests[0] !== `sha256:${layer.sha256}`)
    throw refuse(where, 'its configuration names another layer than its manifest');
}

/** A document or blob to be put into a registry. */
export interface Blob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

function blobOf(mediaType: string, bytes: Uint8Array): Blob {
  return { descriptor: { mediaType, sha256: sha256Hex(bytes), size: bytes.length }, bytes };
}

function written({ mediaType, sha256, size }: Descriptor): object {
  return { mediaType, digest: `sha256:${sha256}`, size };
}

function jsonBlob(mediaType: string, value: object): Blob {
  return blobOf(mediaType, new TextEncoder().encode(JSON.stringify(value)));
}

/** The layout's three parts for a module, the same bytes each time: a module that was put there is found again. */
export function artifactOf(
  module: Uint8Array,
  annotations: Readonly<Record<string, string>>,
): { readonly layer: Blob; readonly config: Blob; readonly manifest: Blob } {
  const layer = blobOf(mediaTypes.module, module);
  const config = jsonBlob(mediaTypes.config, {
    // Who reads this layout wants a time; none is known that would be the same each time.
    ...{ created: '1970-01-01T00:00:00Z', architecture: 'wasm', os: 'wasip1' },
    layerDigests: [`sha256:${layer.descriptor.sha256}`],
  });
  const manifest = jsonBlob(mediaTypes.manifest, {
    ...{ schemaVersion: 2, mediaType: mediaTypes.manifest },
    config: written(config.descriptor),
    layers: [written(layer.descriptor)],
    annotations,
  });
  return { layer, config, manifest };
}
