/** How many bytes the shortest unsigned LEB128 of a safe integer takes. */
export function unsignedLebLength(value: number): number {
  let length = 1;
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** How many bytes the shortest signed LEB128 of a safe integer takes. */
export function signedLebLength(value: number): number {
  let length = 1;
  let rest = value;
  while (rest < -64 || rest > 63) {
    rest = Math.floor(rest / 128);
    length++;
  }
  return length;
}

/** Writes an unsigned LEB128 of at least `width` bytes and returns the offset after it. */
export function writeUnsigned(bytes: Uint8Array, at: number, value: number, width = 1): number {
  let rest = value;
  for (let left = width; rest > 127 || left > 1; left--) {
    bytes[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}

/** Writes a signed LEB128 of at least `width` bytes and returns the offset after it. */
export function writeSigned(bytes: Uint8Array, at: number, value: number, width = 1): number {
  let rest = value;
  for (let left = width; rest < -64 || rest > 63 || left > 1; left--) {
    const low = rest - Math.floor(rest / 128) * 128;
    bytes[at++] = low | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest < 0 ? rest + 128 : rest;
  return at;
}
