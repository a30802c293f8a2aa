import type { Socket } from 'node:net';

/** Passes on what one says to the other, at the other's pace, as long as it is accepted. */
export function pass(from: Socket, to: Socket, accepts: (chunk: Buffer) => boolean): void {
  from.on('data', (chunk: Buffer) => {
    if (accepts(chunk) && !to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
}
