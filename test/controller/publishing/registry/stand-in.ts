/** A registry in memory that says what a test has it say, and remembers who asked it for what. */
import type { Credential } from '../../../../controller/publishing/authoring/registry/docker-credentials.ts';
import type { RegistryPorts } from '../../../../controller/publishing/authoring/registry/registry-client.ts';
import { artifactOf } from '../../../../controller/publishing/authoring/registry/wasm-artifact.ts';
import type { HttpRequest } from '../../../../platform/ports.ts';
import { SimTime } from '../../../../platform/simulated/clock.ts';
import { sha256Hex } from '../../../../schemas/sha256.ts';

/** What is answered; a text counts as its bytes. */
export interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** Answers by `METHOD URL`; everything else is not there. */
export class StandIn {
  readonly answers = new Map<string, Said | ((request: HttpRequest) => Said)>();
  readonly asked: HttpRequest[] = [];
  credential: Credential = { kind: 'nobody' };

  get ports(): RegistryPorts {
    return {
      clock: new SimTime(0).clock({ alive: true }),
      signal: new AbortController().signal,
      credential: async () => this.credential,
      network: { request: async (request) => this.#answer(request) },
    };
  }

  #answer(request: HttpRequest) {
    this.asked.push(request);
    const found = this.answers.get(`${request.method} ${request.url}`) ?? { status: 404 };
    const { status = 200, headers = {}, body = '' } = typeof found === 'function' ? found(request) : found;
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const pieces = (async function* () {
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
    })();
    return { status, headers, body: pieces };
  }
}

export const base = 'https://registry.example/v2/apps/crane/';

/** A registry with one module; `manifest` and `config` are how it lies there. */
export function withModule(module: Uint8Array) {
  const registry = new StandIn();
  const parts = artifactOf(module, {});
  const put = (path: string, said: Said) => registry.answers.set(`GET ${base}${path}`, said);
  for (const { bytes, descriptor } of [parts.layer, parts.config])
    put(`blobs/sha256:${descriptor.sha256}`, { body: bytes });
  /** Lays a document at the tag, and by its digest. */
  const document = (value: Uint8Array | object, headers: Said['headers'] = {}): string => {
    const body = value instanceof Uint8Array ? value : new TextEncoder().encode(JSON.stringify(value));
    put('manifests/1.0', { headers, body });
    put(`manifests/sha256:${sha256Hex(body)}`, { headers, body });
    return sha256Hex(body);
  };
  const sha256 = document(parts.manifest.bytes);
  const manifest = JSON.parse(new TextDecoder().decode(parts.manifest.bytes)) as Record<string, unknown>;
  return { registry, put, document, parts, manifest, sha256 };
}
