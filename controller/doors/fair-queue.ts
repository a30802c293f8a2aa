/**
 * Who waits for one of few places, fairly by source: sources have their turn one after the other, however many wait for each,
 * and one source alone cannot hold all places. When the room to wait is full, the longest line gives one up.
 */

interface Line<Item> {
  readonly waiting: Item[];
  /** Places that its items hold. */
  held: number;
}

/** Items by their source; who got a place by `next` gives it back by `leave`. */
export class FairQueue<Item> {
  readonly #waitingMax: number;
  /** In the order in which they have their turn. */
  readonly #lines = new Map<string, Line<Item>>();
  #waiting = 0;
  #held = 0;

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /** Puts one at the end of its source's line; who has to go for it, perhaps itself, is returned. */
  enter(source: string, item: Item): Item | undefined {
    const line = this.#lines.get(source) ?? { waiting: [], held: 0 };
    this.#lines.set(source, line);
    line.waiting.push(item);
    this.#waiting += 1;
    if (this.#waiting <= this.#waitingMax) return undefined;
    this.#waiting -= 1;
    return this.#longest().waiting.pop();
  }

  /** Gives one of so many places to the one whose turn it is; `undefined` while there is none to give or nobody may have it. */
  next(placesMax: number, placesPerSourceMax: number): { readonly source: string; readonly item: Item } | undefined {
    if (this.#waiting === 0 || this.#held >= placesMax) return undefined;
    for (const [source, line] of this.#lines) {
      if (line.waiting.length === 0 || line.held >= placesPerSourceMax) continue;
      // To the end: the others come first now.
      this.#lines.delete(source);
      this.#lines.set(source, line);
      this.#waiting -= 1;
      this.#held += 1;
      line.held += 1;
      return { source, item: line.waiting.shift()! };
    }
    return undefined;
  }

  /** Gives a place back. */
  leave(source: string): void {
    const line = this.#lines.get(source);
    if (line === undefined || line.held === 0) throw new RangeError(`nobody of ${source} has a place`);
    line.held -= 1;
    this.#held -= 1;
    if (line.held === 0 && line.waiting.length === 0) this.#lines.delete(source);
  }

  #longest(): Line<Item> {
    let longest: Line<Item> | undefined;
    for (const line of this.#lines.values()) {
      if (longest === undefined || line.waiting.length > longest.waiting.length) longest = line;
    }
    return longest!;
  }
}
