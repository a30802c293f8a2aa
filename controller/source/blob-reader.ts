/** Reads blobs: a few by the library, which has the packs at hand; many that are asked for in one turn by one run of the engine. */
import type { GitEngine } from './git-engine.ts';
import type { Repository } from './repository.ts';

/** Starting a program costs as much as this many blobs by the library. */
const togetherMin = 32;

/** Asked of the engine at once. */
const togetherMax = 20_000;

/** Reads many blobs, each told when it is there: a few by the library, more by runs of the engine. Rejects with `SourceError`. */
export async function readTogether(
  engine: GitEngine,
  repository: Repository,
  oids: readonly string[],
  take: (oid: string, content: Uint8Array) => void,
): Promise<void> {
  if (oids.length < togetherMin && !repository.isForFew) {
    await Promise.all(oids.map(async (oid) => take(oid, await repository.readObject(oid, 'blob'))));
    return;
  }
  const never = new AbortController().signal;
  for (let at = 0; at < oids.length; at += togetherMax) {
    const some = oids.slice(at, at + togetherMax);
    const contents = await engine.readBlobs(repository.gitDirectory, some, never);
    for (const [index, oid] of some.entries()) take(oid, contents[index]!);
  }
}

interface Asked {
  readonly oid: string;
  readonly settle: PromiseWithResolvers<Uint8Array>;
}

export class BlobReader {
  readonly #engine: GitEngine;
  readonly #repository: () => Promise<Repository>;
  #asked: Asked[] = [];

  constructor(engine: GitEngine, repository: () => Promise<Repository>) {
    this.#engine = engine;
    this.#repository = repository;
  }

  /** Rejects with `SourceError`. */
  read(oid: string): Promise<Uint8Array> {
    const settle = Promise.withResolvers<Uint8Array>();
    if (this.#asked.push({ oid, settle }) === 1) queueMicrotask(() => void this.#readAsked());
    return settle.promise;
  }

  async #readAsked(): Promise<void> {
    const asked = this.#asked;
    this.#asked = [];
    const waiting = Map.groupBy(asked, ({ oid }) => oid);
    try {
      await readTogether(this.#engine, await this.#repository(), [...waiting.keys()], (oid, content) => {
        for (const { settle } of waiting.get(oid)!) settle.resolve(content);
      });
    } catch (error) {
      for (const { settle } of asked) settle.reject(error);
    }
  }
}
