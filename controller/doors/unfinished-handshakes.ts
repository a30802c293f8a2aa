import { sourceOf } from '../../platform/source-address.ts';
import type { AuthorizationRefusal, OnRefusal } from '../authority/authorization.ts';

/** A link that is cut in the middle leaves one or two behind; this many in a row have a reason. */
const toldFrom = 3;

/** Sources that are counted; who was silent for longest is forgotten. */
const sourcesMax = 1_024;

/** That somebody does not get through a handshake, and what may be why. */
function unfinished(count: number): AuthorizationRefusal {
  const what = `${count} connections in a row came from there and finished no TLS handshake`;
  const why =
    'long packets do not come through on the way (a small MTU), it does not accept the certificate, or its link ends';
  return { code: 'HANDSHAKE_UNFINISHED', message: `${what}: ${why}` };
}

/** Connections that came to nothing in their handshakes, in a row, by source. Nobody has a name there yet. */
export class UnfinishedHandshakes {
  readonly #onRefusal: OnRefusal;
  /** The newest last. */
  readonly #inRow = new Map<string, number>();

  constructor(onRefusal: OnRefusal) {
    this.#onRefusal = onRefusal;
  }

  /** Somebody from there came through. */
  finished(address: string): void {
    this.#inRow.delete(sourceOf(address));
  }

  /** Somebody from there did not. */
  unfinished(address: string): void {
    const source = sourceOf(address);
    const count = (this.#inRow.get(source) ?? 0) + 1;
    this.#inRow.delete(source);
    this.#inRow.set(source, count);
    if (this.#inRow.size > sourcesMax) this.#inRow.delete(this.#inRow.keys().next().value!);
    if (count >= toldFrom) this.#onRefusal({ address, ...unfinished(count) });
  }
}
