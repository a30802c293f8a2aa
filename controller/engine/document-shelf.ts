/**
 * Documents of devices, which stay in the state until somebody asks for them: brought before a decision looks at them, a bounded
 * number at hand afterwards. What is asked for at the same moment is read at once.
 */
import type { StatePort, StateRow, TornRow } from '../state/state-port.ts';
import type { DocumentKey, DocumentRoom, Documents, DocumentWrite, UnreadableDocument } from './records.ts';
import { decodeDocument } from './rows.ts';

/** Of so many devices documents are at hand, and of up to twice as many: some turns of the engine, of a kilobyte each as a rule and of 8 at most. */
const devicesAtHandMin = 1_024;

/** Of one device; a member that is undefined is known not to be there. */
type AtHand = { -readonly [R in DocumentRoom]?: Documents[R] | undefined };

interface Reading {
  readonly wanted: Map<string, Set<DocumentRoom>>;
  readonly done: Promise<void>;
}

export class DocumentShelf {
  readonly #state: Pick<StatePort, 'read'>;
  /** By device. What is used moves here; when this is full, what was not used is put away. */
  #atHand = new Map<string, AtHand>();
  #before = new Map<string, AtHand>();
  #reading: Reading | undefined;
  /** Told of each document that can't be read; from then on it is as if it were not there. */
  onUnreadable: (found: UnreadableDocument) => void = () => {};

  constructor(state: Pick<StatePort, 'read'>) {
    this.#state = state;
  }

  /** Throws on one that was not brought: what is not at hand may be there. */
  get<R extends DocumentRoom>(room: R, name: string): Documents[R] | undefined {
    const found = this.#of(name);
    if (found === undefined || !(room in found)) throw new Error(`nobody brought the ${room} of ${name}`);
    return found[room] as Documents[R] | undefined;
  }

  /** They are at hand when it resolves, until some thousand others were. Rejects when the state can't be read. */
  async bring(keys: Iterable<DocumentKey>): Promise<void> {
    let reading: Reading | undefined;
    for (const key of keys) {
      if (this.#has(key)) continue;
      this.#reading ??= this.#begin();
      reading = this.#reading;
      const rooms = reading.wanted.get(key.name) ?? new Set();
      reading.wanted.set(key.name, rooms.add(key.room));
    }
    await reading?.done;
  }

  /** It was written. */
  keep({ room, name, value }: DocumentWrite): void {
    this.#put({ room, name }, value);
  }

  #has({ room, name }: DocumentKey): boolean {
    const found = this.#of(name);
    return found !== undefined && room in found;
  }

  /** What is at hand of a device; from now on it stays longer than others'. */
  #of(name: string): AtHand | undefined {
    const found = this.#atHand.get(name) ?? this.#before.get(name);
    if (found !== undefined) this.#use(name, found);
    return found;
  }

  #use(name: string, documents: AtHand): void {
    if (this.#atHand.size >= devicesAtHandMin && !this.#atHand.has(name)) {
      this.#before = this.#atHand;
      this.#atHand = new Map();
    }
    this.#atHand.set(name, documents);
  }

  #put({ room, name }: DocumentKey, value: Documents[DocumentRoom] | undefined): void {
    const documents: AtHand = this.#of(name) ?? {};
    Object.assign(documents, { [room]: value });
    this.#use(name, documents);
  }

  #begin(): Reading {
    const wanted: Reading['wanted'] = new Map();
    // Everybody who asks at this moment is in time.
    const done = Promise.resolve().then(() => {
      this.#reading = undefined;
      return this.#read(wanted);
    });
    return { wanted, done };
  }

  async #read(wanted: Reading['wanted']): Promise<void> {
    const rowKeys = [...wanted].flatMap(([key, rooms]) => Array.from(rooms, (room) => ({ room, key })));
    const rows = Map.groupBy(await this.#state.read(rowKeys), ({ key }) => key);
    for (const { room, key: name } of rowKeys) {
      // What was written meanwhile is newer.
      if (this.#has({ room, name })) continue;
      const row = rows.get(name)?.find((one) => one.room === room);
      this.#put({ room, name }, this.#decode({ room, name }, row));
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
