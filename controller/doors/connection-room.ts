/**
 * How many connections the doors may hold by what the limit of open files leaves this process. Where it ran out of descriptors, the system
 * would cut off whoever comes without a word, and files, programs and the state could not be opened either.
 */

/** For all that is no connection of a door: the state, files, repositories, programs, buckets. */
const keptDescriptors = 512;

/** Requests come and go while devices stay: HTTPS has one of so many of what is left. */
const httpsShare = 16;

/** Connections at the same time, by door. */
export interface ConnectionRoom {
  readonly mqtt: number;
  readonly https: number;
}

/** What no door exceeds, however many descriptors there are. */
export const connectionsMax: ConnectionRoom = { mqtt: 20_000, https: 10_000 };

/** Shares out so many descriptors; each door has room for one connection at least. */
export function connectionRoom(descriptors: number): ConnectionRoom {
  const left = Math.max(descriptors - keptDescriptors, 2);
  const https = Math.min(Math.max(Math.floor(left / httpsShare), 1), connectionsMax.https);
  return { mqtt: Math.min(left - https, connectionsMax.mqtt), https };
}

/** Told where a connection finds no room. */
export class ConnectionsFull extends Error {
  readonly code = 'CONNECTIONS_FULL';
  constructor(held: number, most: number) {
    const reason = held < most ? ', which is what the limit of open files leaves (LimitNOFILE, ulimit -n),' : '';
    super(`the door holds ${held} connections${reason} and takes no more; who is turned away tries again`);
  }
}
