/**
 * Documents of devices, which stay in the state until somebody asks for them: brought before a decision looks at them, a bounded
 * number at hand afterwards. What is asked for at the same moment is read at once.
 */
import type { StatePort, StateRow, TornRow } from '../state/state-port.ts';
import type { DocumentKey, DocumentRoom, Documents, DocumentWrite, UnreadableDocument } from './records.ts';
import { decodeDocument } from './rows.ts';

/** So many documents are at hand, and up to twice as many: some turns of the engine, of a kilobyte each as a rule and of 8 at most. */
const atHandMin = 2_048;

interface Reading {
  readonly keys: Map<string, DocumentKey>;
  readonly done: Promise<void>;
}

function placeOf({ room, name }: DocumentKey): string {
  return `${room} ${name}`;
}

export class DocumentShelf {
  readonly #state: Pick<StatePort, 'read'>;
  /** By place; undefined where there is known to be none. What is used moves here; when this is full, what was not used is put away. */
  #atHand = new Map<string, Documents[DocumentRoom] | undefined>();
  #before = new Map<string, Documents[DocumentRoom] | undefined>();
  #reading: Reading | undefined;
  /** Told of each document that can't be read; from then on it is as if it were not there. */
  onUnreadable: (found: UnreadableDocument) => void = () => {};

  constructor(state: Pick<StatePort, 'read'>) {
    this.#state = state;
  }

  /** Throws on one that was not brought: what is not at hand may be there. */
  get<R extends DocumentRoom>(room: R, name: string): Documents[R] | undefined {
    const place = placeOf({ room, name });
    if (!this.#use(place)) throw new Error(`nobody brought the ${room} of ${name}`);
    return this.#atHand.get(place) as Documents[R] | undefined;
  }

  /** They are at hand when it resolves, until some thousand others were. Rejects when the state can't be read. */
  async bring(keys: Iterable<DocumentKey>): Promise<void> {
    const lacking = new Map<string, DocumentKey>();
    for (const key of keys) {
      const place = placeOf(key);
      if (!this.#use(place)) lacking.set(place, key);
    }
    if (lacking.size === 0) return;
    this.#reading ??= this.#begin();
    for (const [place, key] of lacking) this.#reading.keys.set(place, key);
    await this.#reading.done;
  }

  /** It was written. */
  keep({ room, name, value }: DocumentWrite): void {
    this.#put(placeOf({ room, name }), value);
  }

  /** Whether it is at hand; from now on it stays longer than others. */
  #use(place: string): boolean {
    if (this.#atHand.has(place)) return true;
    const found = this.#before.get(place);
    if (found === undefined && !this.#before.has(place)) return false;
    this.#put(place, found);
    return true;
  }

  #put(place: string, value: Documents[DocumentRoom] | undefined): void {
    if (this.#atHand.size >= atHandMin) {
      this.#before = this.#atHand;
      this.#atHand = new Map();
    }
    this.#atHand.set(place, value);
  }

  #begin(): Reading {
    const keys = new Map<string, DocumentKey>();
    // Everybody who asks at this moment is in time.
    const done = Promise.resolve().then(() => {
      this.#reading = undefined;
      return this.#read(keys);
    });
    return { keys, done };
  }

  async #read(keys: ReadonlyMap<string, DocumentKey>): Promise<void> {
    const rows = await this.#state.read(Array.from(keys.values(), ({ room, name }) => ({ room, key: name })));
    const found = new Map(rows.map((row) => [`${row.room} ${row.key}`, row]));
    for (const [place, key] of keys) {
      // What was written meanwhile is newer.
      if (!this.#use(place)) this.#put(place, this.#decode(key, found.get(place)));
    }
  }

  #decode(document: DocumentKey, found: StateRow | TornRow | undefined): Documents[DocumentRoom] | undefined {
    const row = found !== undefined && 'value' in found ? found : undefined;
    try {
      if (row !== undefined) return decodeDocument(document.room, row.value);
      if (found !== undefined && 'error' in found) throw found.error;
      // A history is nowhere until something happened; of the others who asks knows that they are there.
      if (document.room === 'history') return undefined;
      throw new TypeError('it is not there');
    } catch (error) {
      this.onUnreadable({ document, row, error });
      return undefined;
    }
  }
}
