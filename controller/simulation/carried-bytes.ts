/** What links carried in a run, and what that cost, taken down as it happens. */
import type { Load } from './light-fetch.ts';
import type { LinkRun } from './simulation.ts';

function nameOf({ link = '', currency = '' }: Pick<LinkRun, 'link' | 'currency'>): string {
  return `${link} ${currency}`;
}

export class CarriedBytes {
  readonly #sums = new Map<string, LinkRun>();

  take({ link, currency, bytes, price }: Load): void {
    const of = { ...(link !== undefined && { link }), ...(currency !== undefined && { currency }) };
    const { bytes: before, price: paid } = this.#sums.get(nameOf(of)) ?? { bytes: 0, price: 0 };
    this.#sums.set(nameOf(of), { ...of, bytes: before + bytes, price: paid + price });
  }

  /** Sorted by link. */
  links(): LinkRun[] {
    return [...this.#sums.values()].sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  }
}
