import type { InputStream, OutputStream } from '../../../platform/streams.ts';
import { emptyInput } from '../primitives/streams.ts';
import type { EventInput } from './launch.ts';

/**
 * What an instance that is called for one event after the other has of them: the input and output of the one it is at. Before
 * and between its events its input is at its end, and what it prints goes to the log.
 */
export class EventStreams {
  readonly stdin: InputStream = {
    isReady: () => this.#stdin.isReady(),
    onReady: (callback) => this.#stdin.onReady(callback),
    read: (into) => this.#stdin.read(into),
    available: () => this.#stdin.available(),
    hasEnded: () => this.#stdin.hasEnded(),
  };
  /** As a terminal, so that programs write line by line: nothing flushes what they hold when a call returns. */
  readonly stdout: OutputStream = {
    isReady: () => this.#stdout.isReady(),
    onReady: (callback) => this.#stdout.onReady(callback),
    write: (bytes) => this.#stdout.write(bytes),
    messageBytesMax: () => this.#stdout.messageBytesMax?.(),
    isTerminal: true,
  };
  /** The application's own, and that of the event: a program that asks anew is told anew. */
  readonly environment: Record<string, string> = {};
  readonly #log: OutputStream;
  readonly #own: Readonly<Record<string, string>>;
  #stdin: InputStream = emptyInput;
  #stdout: OutputStream;

  constructor(log: OutputStream, own: Readonly<Record<string, string>>) {
    this.#log = log;
    this.#own = own;
    this.#stdout = log;
    this.#tell({});
  }

  /** It is at this event from now on. */
  begin({ stdin, stdout, environment = {} }: EventInput): void {
    this.#stdin = stdin;
    this.#stdout = stdout ?? this.#log;
    this.#tell(environment);
  }

  /** It is at none. */
  end(): void {
    this.begin({ stdin: emptyInput });
  }

  #tell(environment: Readonly<Record<string, string>>): void {
    for (const name of Object.keys(this.environment)) delete this.environment[name];
    Object.assign(this.environment, environment, this.#own);
  }
}
