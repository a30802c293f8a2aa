import { createHash } from 'node:crypto';

/** What git calls an object of these bytes: the SHA-1 of `TYPE SIZE NUL CONTENT`, in hexadecimal. */
export function objectId(type: string, content: Uint8Array): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/** Digits of an id that make a number for which the engine needs no object. */
const numberDigits = 7;

/** The first digits of an id as a number: ids are as good as chance. */
export function numberOfId(oid: string): number {
  let number = 0;
  for (let at = 0; at < numberDigits; at += 1) {
    const code = oid.charCodeAt(at);
    // Of letters, bit 6 is set.
    number = (number << 4) | ((code & 15) + (code >> 6) * 9);
  }
  return number;
}

/** Places are told beside a number of an id. */
const placesMax = 2 ** 24;

/**
 * The places of ids, at most 16 million, in the order of those ids, as far as their first digits go. Who looks many up in a pack
 * finds each near the one before: in any other order it takes a fifth more.
 */
export function orderOfIds(oids: readonly string[]): Uint32Array {
  const packed = Float64Array.from(oids, (oid, place) => numberOfId(oid) * placesMax + place).sort();
  return Uint32Array.from(packed, (number) => number % placesMax);
}
