/** Reads blobs: all that are asked for in one turn by one run of the engine. */
import type { GitReading } from './git-engine.ts';

/** Asked of the engine at once, where others wait for their turns. */
const togetherMax = 20_000;

/** Reads many blobs, so many at once, each told when it is there. Rejects with `SourceError`. */
export async function readTogether(
  reading: GitReading,
  gitDirectory: string,
  oids: readonly string[],
  take: (oid: string, content: Uint8Array) => void,
  atOnce = togetherMax,
): Promise<void> {
  const never = new AbortController().signal;
  for (let at = 0; at < oids.length; at += atOnce) {
    const some = oids.slice(at, at + atOnce);
    const contents = await reading.readBlobs(gitDirectory, some, never);
    for (const [index, oid] of some.entries()) take(oid, contents[index]!);
  }
}

interface Asked {
  readonly oid: string;
  readonly settle: PromiseWithResolvers<Uint8Array>;
}

export class BlobReader {
  readonly #reading: GitReading;
  readonly #gitDirectory: () => Promise<string>;
  #asked: Asked[] = [];

  constructor(reading: GitReading, gitDirectory: () => Promise<string>) {
    this.#reading = reading;
    this.#gitDirectory = gitDirectory;
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
      await readTogether(this.#reading, await this.#gitDirectory(), [...waiting.keys()], (oid, content) => {
        for (const { settle } of waiting.get(oid)!) settle.resolve(content);
      });
    } catch (error) {
      for (const { settle } of asked) settle.reject(error);
    }
  }
}
