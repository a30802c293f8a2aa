/**
 * One run of `git cat-file` that is asked for object after object, for whoever reads a few of a repository that nobody puts another
 * in the place of meanwhile. To start a program takes longer than most of its answers, and the longer the more memory we have.
 */
import type { Dialogue, Programs } from '../../platform/ports.ts';
import type { GitObject } from './git-engine.ts';
import { converseOffline } from './git-program.ts';
import { askingFor, printedId, printedLength, printedObject } from './printed-objects.ts';

/** An object with its id, for who asked by another name. */
export interface NamedObject extends GitObject {
  readonly oid: string;
}

export class StandingReader implements AsyncDisposable {
  readonly #start: () => Dialogue;
  #dialogue: Dialogue | undefined;
  /** One that ended before it said anything is not started again. */
  #hasFailed = false;

  /** `gitDirectory` is the one that holds HEAD. */
  constructor(programs: Programs, gitDirectory: string, signal: AbortSignal) {
    this.#start = () => converseOffline(programs, [`--git-dir=${gitDirectory}`, 'cat-file', '--batch'], signal);
  }

  /**
   * What a name, without a line end, or an id stands for, checked against its id. Undefined where that is not had here: who must
   * know why asks in a run of its own. Rejects with `SourceError` `TOO_LARGE` before it is read, `CORRUPT` once it is.
   */
  async read(name: string, bytesMax: number): Promise<NamedObject | undefined> {
    const answer = await this.#ask(name, bytesMax);
    const oid = answer && printedId(answer);
    if (answer === undefined || oid === undefined) return undefined;
    return { ...printedObject(answer, oid)!, oid };
  }

  async #ask(name: string, bytesMax: number): Promise<Uint8Array | undefined> {
    if (this.#hasFailed) return undefined;
    const isFirst = this.#dialogue === undefined;
    this.#dialogue ??= this.#start();
    const dialogue = this.#dialogue;
    let isOver = true;
    try {
      const answer = await dialogue.ask(askingFor([name]), (begun) => printedLength(begun, bytesMax));
      isOver = answer === undefined;
      this.#hasFailed ||= isOver && isFirst;
      return answer;
    } finally {
      // Git ends at some names that mean nothing, and is ended amid what is too large.
      if (isOver && this.#dialogue === dialogue) this.#dialogue = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dialogue?.[Symbol.asyncDispose]();
  }
}
