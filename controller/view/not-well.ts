/** Of a large fleet, devices that deserve attention: one that failed is not hidden by a thousand that are dark. */
import { attentionStates, type Row } from './row.ts';
import { NamesByFirst } from './sorted-names.ts';

/** So many are shown. */
export const notWellMax = 8;

/** Kept as devices come and go. */
export class NotWell {
  readonly #byState = new Map<Row['state'], NamesByFirst>(
    attentionStates.map((state) => [state, new NamesByFirst(notWellMax)]),
  );

  /** A device is otherwise than before; `undefined` where it is not there. */
  move(name: string, before: Row | undefined, row: Row | undefined): void {
    if (before?.state === row?.state) return;
    if (before !== undefined) this.#byState.get(before.state)?.delete(name);
    if (row !== undefined) this.#byState.get(row.state)?.add(name);
  }

  /** The most urgent, by state and in order of name. */
  get first(): readonly string[] {
    return [...this.#byState.values()].flatMap(({ first }) => first).slice(0, notWellMax);
  }
}
