// The game of life on a torus, and what lives of it in base64.
const side = 64;
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
let cells = new Uint8Array(side * side);
let next = new Uint8Array(side * side);

function alive(row: i32, column: i32): i32 {
  return cells[(row & (side - 1)) * side + (column & (side - 1))];
}

function step(): void {
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      let around = -alive(row, column);
      for (let down = -1; down <= 1; down++)
        for (let right = -1; right <= 1; right++) around += alive(row + down, column + right);
      next[row * side + column] = u8(around == 3 || (around == 2 && alive(row, column) == 1));
    }
  }
  const before = cells;
  cells = next;
  next = before;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at + 2 < bytes.length; at += 3) {
    const bits = (u32(bytes[at]) << 16) | (u32(bytes[at + 1]) << 8) | u32(bytes[at + 2]);
    for (let shift = 18; shift >= 0; shift -= 6) text += letters.charAt((bits >> shift) & 63);
    if (text.length > 96) text = text.substring(48);
  }
  return text;
}

export function run(rounds: i32): i32 {
  for (let at = 0; at < cells.length; at++) cells[at] = u8(((at * 7919) >> 4) % 3 == 0);
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    step();
    const text = base64(cells);
    for (let at = 0; at < text.length; at++) sum = sum * 31 + text.charCodeAt(at);
  }
  return sum;
}
