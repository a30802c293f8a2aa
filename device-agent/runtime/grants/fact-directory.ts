/** `/facts`, as a guest finds it: each line that it writes to a name is a value, and so is what it has written when it closes. */
import { FileError } from '../../../platform/file-handles.ts';
import type { OutputStream } from '../../../platform/streams.ts';
import type { OpenDirectory } from '../primitives/open-directory.ts';
import { streamDirectory } from '../primitives/read-only-directory.ts';
import { lineOutput } from '../primitives/streams.ts';
import type { FactBook } from './fact-book.ts';
import { type FactType, type FactValue, factValue, textLengthMax } from './fact-value.ts';
import type { Granted } from './grants.ts';

/** Written without a newline; a value is shorter. */
const pendingMax = 4 * textLengthMax;

/** Takes text line by line as values of one fact; what is no value of its type is refused, and the last one stays. */
class FactWriter {
  readonly stream: OutputStream = lineOutput((bytes) => this.#take(bytes));
  readonly #type: FactType;
  readonly #publish: (value: FactValue) => void;
  readonly #decoder = new TextDecoder();
  #pending = '';

  constructor(type: FactType, publish: (value: FactValue) => void) {
    this.#type = type;
    this.#publish = publish;
  }

  #take(bytes: Uint8Array): void {
    // A copy, because the guest's memory may be shared, which a decoder refuses.
    const lines = (this.#pending + this.#decoder.decode(bytes.slice(), { stream: true })).split('\n');
    this.#pending = lines.pop()!;
    if (this.#pending.length > pendingMax) this.#refuse(`more than ${pendingMax} characters`);
    for (const line of lines) this.#say(line);
  }

  #say(text: string): void {
    const value = factValue(this.#type, text);
    if (value === undefined) this.#refuse(JSON.stringify(text.slice(0, textLengthMax)));
    else this.#publish(value);
  }

  #refuse(seen: string): never {
    this.#pending = '';
    throw new FileError('invalid', `a ${this.#type} is wanted, not ${seen}`);
  }

  close(): void {
    if (this.#pending !== '') this.#say(this.#pending);
  }
}

/** The facts that an application may publish; `onUngranted` is called with the path of any other. */
export function factDirectory(
  { name, facts = {} }: Pick<Granted, 'name' | 'facts'>,
  book: FactBook,
  onUngranted: (path: string) => undefined,
): OpenDirectory {
  return streamDirectory(Object.keys(facts), (fact) => {
    const type = Object.hasOwn(facts, fact) ? facts[fact] : undefined;
    if (type === undefined) return onUngranted(`/facts/${fact}`);
    const writer = new FactWriter(type, (value) => book.publish(name, fact, value));
    return { kind: 'output', stream: writer.stream, close: () => writer.close() };
  });
}
