/** Keys in a column, each hashed once: for whether one stands twice, and for every map over them. */
import { hashesOf, type Rows } from './trie.ts';

/** Keys that are cut loose together. */
const looseAtOnce = 256;

export class KeyColumn {
  readonly #keys: string[] = [];
  /** Of the keys, as long as none came since. */
  #hashes = new Int32Array();

  get keys(): readonly string[] {
    return this.#keys;
  }

  add(key: string): void {
    if (this.#keys.push(key) % looseAtOnce === 0) this.#cutLoose();
  }

  /** To the engine a part of a text holds on to the whole of it, here to a manifest: parts of a text of keys alone take their place. */
  #cutLoose(): void {
    const from = this.#keys.length - looseAtOnce;
    const whole = this.#keys.slice(from).join('');
    for (let [row, at] = [from, 0]; row < this.#keys.length; row += 1) {
      const end = at + this.#keys[row]!.length;
      this.#keys[row] = whole.slice(at, end);
      at = end;
    }
  }

  get #ownHashes(): Int32Array {
    if (this.#hashes.length < this.keys.length) this.#hashes = hashesOf(this.keys);
    return this.#hashes;
  }

  /** A map's rows by these keys, in their order. */
  rows<V>(valueAt: (row: number) => V, sourceAt?: (row: number) => unknown): Rows<V> {
    return { keys: this.keys, hashes: this.#ownHashes, valueAt, ...(sourceAt && { sourceAt }) };
  }

  /** Whether no key stands twice, here and among the others. */
  isDistinctWith(others: readonly string[]): boolean {
    const keys = others.length === 0 ? this.keys : [...this.keys, ...others];
    const hashes = others.length === 0 ? this.#ownHashes : hashesOf(keys);
    const doubtful = repeated(hashes);
    if (doubtful.size === 0) return true;
    const alike = keys.filter((_, at) => doubtful.has(hashes[at]!));
    return new Set(alike).size === alike.length;
  }
}

/** Numbers that stand there twice: to sort numbers takes a small part of what a set of as many keys does. */
function repeated(numbers: Int32Array): ReadonlySet<number> {
  const sorted = numbers.slice().sort();
  const found = new Set<number>();
  for (let at = 1; at < sorted.length; at += 1) if (sorted[at] === sorted[at - 1]) found.add(sorted[at]!);
  return found;
}
