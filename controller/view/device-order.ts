/**
 * The orders in which devices are listed. Each gives a device a text to stand by, and no two the same: a page ends at one of them,
 * and the next begins behind it, whatever came and went meanwhile.
 */
import { statesWorstFirst } from '../planning/tally.ts';
import type { Row } from './row.ts';

/** state: the worst first; contact: who was not heard for longest first, and before them who never was. */
export const deviceOrders = ['name', 'state', 'contact'] as const;

export type DeviceOrder = (typeof deviceOrders)[number];

/** Of the longest time there is, in milliseconds. */
const digitsMax = 16;

/** What a device stands by in an order. */
export function placeIn(order: DeviceOrder, name: string, { state, contactAt }: Row): string {
  switch (order) {
    case 'name':
      return name;
    case 'state':
      return `${statesWorstFirst.indexOf(state)} ${name}`;
    case 'contact':
      return `${String(contactAt ?? 0).padStart(digitsMax, '0')} ${name}`;
    default:
      return order satisfies never;
  }
}

/** The first few places behind a given one; what is put in is looked at once, whatever its order. */
export class FirstPlaces {
  readonly #behind: string;
  readonly #count: number;
  readonly #first: { readonly place: string; readonly name: string }[] = [];
  /** How many are behind the given one. */
  #seen = 0;

  constructor(behind: string, count: number) {
    this.#behind = behind;
    this.#count = count;
  }

  put(place: string, name: string): void {
    if (place <= this.#behind) return;
    this.#seen += 1;
    if (this.#first.length === this.#count && place > this.#first.at(-1)!.place) return;
    this.#first.splice(this.#placeOf(place), 0, { place, name });
    if (this.#first.length > this.#count) this.#first.pop();
  }

  #placeOf(place: string): number {
    let low = 0;
    let high = this.#first.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#first[middle]!.place < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** In order. */
  get names(): string[] {
    return this.#first.map(({ name }) => name);
  }

  /** Where the next page begins; undefined on the last. */
  get next(): string | undefined {
    return this.#seen > this.#first.length ? this.#first.at(-1)?.place : undefined;
  }
}
