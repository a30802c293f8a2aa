/**
 * A relay to the controller that counts what the connections of devices take: bytes of IP, as the kernel tells of each connection
 * how much it carried in how many packets.
 */
import { spawnSync } from 'node:child_process';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TcpRelay } from '../../platform/node/tcp-relay.ts';

/** Bytes as a link carries them, with the heads of IP and TCP. */
export interface LinkBytes {
  readonly up: number;
  readonly down: number;
  readonly packets: number;
}

/** Of IPv4, and of TCP with its timestamps. */
const headBytes = 20 + 32;

/** Those of the end of a connection, which come after it is counted for the last time. */
const lastPackets = 2;

const none: LinkBytes = { up: 0, down: 0, packets: 0 };

function plus(left: LinkBytes, right: LinkBytes): LinkBytes {
  return { up: left.up + right.up, down: left.down + right.down, packets: left.packets + right.packets };
}

/** What came in between. */
export function minus(left: LinkBytes, right: LinkBytes): LinkBytes {
  return { up: left.up - right.up, down: left.down - right.down, packets: left.packets - right.packets };
}

function field(line: string, name: string): number {
  return Number(new RegExp(`\\b${name}:(\\d+)`).exec(line)?.[1] ?? 0);
}

/** What a line of `ss` says: whose connection it is, by the port of its other end, and what it took. */
function readLine(line: string): [peerPort: number, bytes: LinkBytes] {
  const [peer = ''] = line.split(/\s+/).slice(4, 5);
  const [received, sent] = [field(line, 'segs_in'), field(line, 'segs_out')];
  const up = field(line, 'bytes_received') + received * headBytes;
  const down = field(line, 'bytes_sent') + field(line, 'bytes_retrans') + sent * headBytes;
  return [Number(peer.split(':').at(-1)), { up, down, packets: received + sent }];
}

/** What each connection to a port has taken so far. */
function look(port: number): ReadonlyMap<number, LinkBytes> {
  const { stdout, error } = spawnSync('ss', ['-tinHO', `( sport = :${port} )`], { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`ss tells what connections take, and can't be run: ${error.message}`);
  return new Map(
    stdout
      .split('\n')
      .filter((line) => line.includes('segs_in'))
      .map(readLine),
  );
}

/** What the connections through one relay took, those that are over too. */
class Tally {
  #over = none;
  readonly #open = new Map<number, LinkBytes>();
  readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  opened(peerPort: number): void {
    this.#open.set(peerPort, none);
  }

  total(): LinkBytes {
    for (const [peerPort, bytes] of look(this.port)) if (this.#open.has(peerPort)) this.#open.set(peerPort, bytes);
    return [...this.#open.values()].reduce(plus, this.#over);
  }

  closed(peerPort: number): void {
    const head = lastPackets * headBytes;
    this.#over = plus(this.#over, this.#open.get(peerPort) ?? none);
    if (this.#open.delete(peerPort)) this.#over = plus(this.#over, { up: head, down: head, packets: 2 * lastPackets });
  }
}

/** Takes what one says to the other, and each end to the other after it was counted. */
function join(client: Socket, target: Socket, tally: Tally): void {
  const peerPort = client.remotePort!;
  tally.opened(peerPort);
  for (const [from, to] of [
    [client, target],
    [target, client],
  ] as const) {
    from.setNoDelay(true);
    from.on('data', (chunk) => to.write(chunk));
    from.on('error', () => to.destroy());
    from.once('end', () => {
      tally.total();
      to.end();
    });
    from.once('close', () => to.destroy());
  }
  client.once('close', () => tally.closed(peerPort));
}

/** The ways of devices to the controller, and what all of them took. */
export class CountedRelays {
  readonly #tallies: Tally[] = [];

  /** Opens one; for a world that is made with it. */
  readonly start = async (targetPort: number): Promise<TcpRelay> => {
    let tally!: Tally;
    let isUp = true;
    const clients = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (client) => {
      if (!isUp) return client.destroy();
      clients.add(client);
      client.once('close', () => clients.delete(client));
      join(client, connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true }), tally);
    });
    const set = (up: boolean): void => {
      if (isUp && !up) for (const client of clients) client.destroy();
      isUp = up;
    };
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    tally = new Tally((server.address() as AddressInfo).port);
    this.#tallies.push(tally);
    return { port: tally.port, set, close: () => server.close() };
  };

  /** So far, by relay in the order in which they were opened. */
  totals(): readonly LinkBytes[] {
    return this.#tallies.map((tally) => tally.total());
  }
}
