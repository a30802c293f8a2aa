import type { Readable } from 'node:stream';
import type { TurnQueue } from '../../turn-queue.ts';

/**
 * Has whoever listens for the bytes of a connection read them in a turn of the queue. By itself it reads in the round of the event
 * loop in which they arrive, and a round takes what came on all connections, however many.
 */
export function readInTurns(connection: Readable, turns: TurnQueue): void {
  const readers = connection.listeners('readable');
  for (const reader of readers) connection.off('readable', reader as () => void);
  let isWaiting = false;
  connection.on('readable', () => {
    if (isWaiting) return;
    isWaiting = true;
    turns.push(() => {
      isWaiting = false;
      if (connection.destroyed) return;
      for (const reader of readers) reader.call(connection);
    });
  });
}
