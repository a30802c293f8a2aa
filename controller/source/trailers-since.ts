/** What the messages of commits say in lines such as `Signed-off-by: Ada`: of those that one commit has in its past and another has not. */
import { parseCommit } from './commit.ts';
import type { Repository } from './repository.ts';
import { SourceError } from './source-error.ts';

/** Commits that are looked at. Of a step over more than these, what the newest one says counts alone. */
const commitsMax = 2000;

/** Of one message, and in all. */
const trailersMax = 100;
const lettersMax = 300;

/** What of a commit is remembered on the way. */
interface Reached {
  readonly parents: readonly string[];
  readonly atSeconds: number;
  readonly trailers: readonly string[];
  /** The other commit has it in its past too. */
  isKnown: boolean;
}

type ReadCommit = (oid: string) => Promise<Omit<Reached, 'isKnown'> | undefined>;

/** The values of all lines with that key, whatever stands around them: a squashed message has those of many in its midst. */
function trailersIn(message: string, key: string): string[] {
  const start = `${key.toLowerCase()}:`;
  return message
    .split('\n')
    .filter((line) => line.slice(0, start.length).toLowerCase() === start)
    .slice(0, trailersMax)
    .map((line) => line.slice(start.length).trim().slice(0, lettersMax));
}

/** Goes from the newest commit to the oldest, as far as there is one that is not known. */
class Walk {
  readonly #read: ReadCommit;
  readonly #reached = new Map<string, Reached>();
  readonly #waiting: Reached[] = [];

  constructor(read: ReadCommit) {
    this.#read = read;
  }

  async reach(oid: string, isKnown: boolean): Promise<void> {
    const before = this.#reached.get(oid);
    if (before !== undefined) {
      if (isKnown) this.#makeKnown(before);
      return;
    }
    // The past may be cut off, as in a shallow copy.
    const commit = await this.#read(oid);
    if (commit === undefined) return;
    const reached: Reached = { ...commit, isKnown };
    this.#reached.set(oid, reached);
    this.#waiting.push(reached);
  }

  /** With its past as far as that was reached: by a clock that stood wrong, it was gone on from before. */
  #makeKnown(reached: Reached): void {
    const waiting = [reached];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (next.isKnown) continue;
      next.isKnown = true;
      waiting.push(...next.parents.flatMap((parent) => this.#reached.get(parent) ?? []));
    }
  }

  #unknown(): Reached[] {
    return [...this.#reached.values()].filter(({ isKnown }) => !isKnown);
  }

  /** The newest of those that were not gone on from; undefined where it leads to nothing that may be unknown or become known. */
  #newest(): Reached | undefined {
    if (this.#waiting.length === 0) return undefined;
    const newest = this.#waiting.reduce((one, other) => (other.atSeconds > one.atSeconds ? other : one));
    const isOver = this.#waiting.every(({ isKnown }) => isKnown);
    if (isOver && this.#unknown().every(({ atSeconds }) => newest.atSeconds < atSeconds)) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(newest), 1);
    return newest;
  }

  /** All that are not known, in the order in which they were reached; undefined where that is too far to go. */
  async unknown(): Promise<readonly Reached[] | undefined> {
    for (let next = this.#newest(); next !== undefined; next = this.#newest()) {
      for (const parent of next.parents) await this.reach(parent, next.isKnown);
      if (this.#reached.size > commitsMax) return undefined;
    }
    return this.#unknown();
  }
}

/** The values of `key`, in what was reached first before the others; of `to` alone where `from` is not there or too far. */
export async function trailersSince(
  repository: Pick<Repository, 'object'>,
  key: string,
  from: string,
  to: string,
): Promise<readonly string[]> {
  const read: ReadCommit = async (oid) => {
    const found = await repository.object(oid);
    if (found?.type !== 'commit') return undefined;
    try {
      const { parents, committedAtSeconds: atSeconds, message } = parseCommit(oid, found.content);
      return { parents, atSeconds, trailers: trailersIn(message, key) };
    } catch (error) {
      // One that nobody could read when it came says nothing.
      if (error instanceof SourceError) return undefined;
      throw error;
    }
  };
  const walk = new Walk(read);
  await walk.reach(to, false);
  const hasFrom = (await read(from)) !== undefined;
  if (hasFrom) await walk.reach(from, true);
  const told = (hasFrom ? await walk.unknown() : undefined) ?? [(await read(to)) ?? { trailers: [] }];
  return told.flatMap(({ trailers }) => trailers).slice(0, trailersMax);
}
