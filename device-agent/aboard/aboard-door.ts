import type { LineDoors, Log } from '../../platform/ports.ts';
import { type AboardWorld, answerAboard } from './answer.ts';

/** The socket at which programs aboard ask, open as long as the agent runs. Without it all else goes on. */
export class AboardDoor {
  readonly #doors: LineDoors;
  readonly #path: string;
  readonly #log: Log;
  readonly #world: AboardWorld;
  #open: Promise<AsyncDisposable | undefined> | undefined;

  constructor(options: {
    readonly doors: LineDoors;
    readonly path: string;
    readonly log: Log;
    readonly world: AboardWorld;
  }) {
    this.#doors = options.doors;
    this.#path = options.path;
    this.#log = options.log;
    this.#world = options.world;
  }

  start(): void {
    const open = this.#doors.open(this.#path, (line) => answerAboard(line, this.#world));
    this.#open = open.catch((error: unknown) => {
      this.#log.write('warn', 'aboard.not-open', { path: this.#path, error });
      return undefined;
    });
  }

  async stop(): Promise<void> {
    const open = await this.#open;
    await open?.[Symbol.asyncDispose]();
  }
}
