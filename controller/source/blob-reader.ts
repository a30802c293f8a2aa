/** Reads blobs: a few by the library, which has the packs at hand; many that are asked for in one turn by one run of the engine. */
import type { GitEngine } from './git-engine.ts';
import type { Repository } from './repository.ts';

/** Starting a program costs as much as this many blobs by the library. */
const togetherMin = 32;

/** Asked of the engine at once. */
const togetherMax = 10_000;

interface Asked {
  readonly oid: string;
  readonly settle: PromiseWithResolvers<Uint8Array>;
}

export class BlobReader {
  readonly #engine: GitEngine;
  readonly #repository: () => Promise<Repository>;
  readonly #never = new AbortController().signal;
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
    try {
      const repository = await this.#repository();
      if (asked.length < togetherMin) await this.#readEach(repository, asked);
      else
        for (let at = 0; at < asked.length; at += togetherMax)
          await this.#readTogether(repository, asked.slice(at, at + togetherMax));
    } catch (error) {
      for (const { settle } of asked) settle.reject(error);
    }
  }

  async #readEach(repository: Repository, asked: readonly Asked[]): Promise<void> {
    await Promise.all(
      asked.map(({ oid, settle }) => repository.readObject(oid, 'blob').then(settle.resolve, settle.reject)),
    );
  }

  async #readTogether({ gitDirectory }: Repository, asked: readonly Asked[]): Promise<void> {
    const oids = asked.map(({ oid }) => oid);
    const contents = await this.#engine.readBlobs(gitDirectory, oids, this.#never);
    for (const [index, { settle }] of asked.entries()) settle.resolve(contents[index]!);
  }
}
