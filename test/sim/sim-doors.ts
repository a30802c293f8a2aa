import type { LineDoors } from '../../platform/ports.ts';

/** The local sockets of one simulated machine. */
export class SimDoors implements LineDoors {
  readonly #answers = new Map<string, (line: string) => string>();

  async open(path: string, answer: (line: string) => string): Promise<AsyncDisposable> {
    this.#answers.set(path, answer);
    return {
      [Symbol.asyncDispose]: async () => {
        if (this.#answers.get(path) === answer) this.#answers.delete(path);
      },
    };
  }

  async ask(path: string, line: string): Promise<string> {
    const answer = this.#answers.get(path);
    if (answer === undefined) throw new Error(`connect ENOENT ${path}`);
    return answer(line);
  }
}
