/** How connections to servers are made, and serve again. */
import { type ClientRequestArgs, Agent as PlainAgent } from 'node:http';
import { Agent, type AgentOptions, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { makeSocket, type SocketTerms } from './made-socket.ts';

/** What a client shows and trusts. PEM texts. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** Groups for the key exchange, as OpenSSL names them; its own choice unless given. */
  readonly keyExchange?: string;
  /** Who answers is a device of this authority, by whatever name of a host: answers say which. */
  readonly peers?: 'devices';
}

/**
 * Connections that may serve again, by identity and terms: a handshake costs about 5 KB, and the files of one update are many. They never
 * keep the process alive.
 */
const pools = new Map<string, Agent>();

/** The identities of this process, the one before a renewal, and two on terms of their own. */
const poolsMax = 6;
/** How long a connection waits to serve again. */
const idleMsMax = 10_000;
const idleConnectionsMax = 4;

/** What is in use goes on and ends by itself. */
function closeIdle(pool: Agent): void {
  for (const sockets of Object.values(pool.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

type OnMade = ((error: Error | null, socket: Duplex) => void) | undefined;

/** A connection under way on terms that Node has no word for; undefined where this machine has none either and none has to be. */
async function connectOn(terms: SocketTerms, { host, port }: ClientRequestArgs): Promise<Socket | undefined> {
  const made = await makeSocket(host ?? '', terms);
  return made?.socket.connect({ host: made.address, port: Number(port) });
}

/** Tells Node when a connection is under way, or why none is. */
function tell(connection: Promise<Socket>, onMade: OnMade): null {
  connection.then(
    (socket) => onMade?.(null, socket),
    // Nobody looks at the second where there is the first.
    (error: Error) => onMade?.(error, undefined as unknown as Duplex),
  );
  return null;
}

/** A pool of connections that are made otherwise than Node makes them. */
class MadePool extends Agent {
  readonly #terms: SocketTerms;

  constructor(options: AgentOptions, terms: SocketTerms) {
    super(options);
    this.#terms = terms;
  }

  override createConnection(options: RequestOptions, onMade?: OnMade): null {
    const connection = connectOn(this.#terms, options).then((socket) =>
      connectTls({ ...(options as ConnectionOptions), ...(socket === undefined ? {} : { socket }) }),
    );
    return tell(connection, onMade);
  }
}

/** Connections without TLS that go out of one interface; none serves again. */
class HeldAgent extends PlainAgent {
  readonly #terms: SocketTerms;

  constructor(terms: SocketTerms) {
    super();
    this.#terms = terms;
  }

  override createConnection(options: ClientRequestArgs, onMade?: OnMade): null {
    return tell(
      connectOn(this.#terms, options).then((socket) => socket!),
      onMade,
    );
  }
}

/** For an exchange without TLS; false where Node makes the connection itself. */
export function plainAgent({ via }: SocketTerms): PlainAgent | false {
  return via === undefined ? false : new HeldAgent({ areShort: false, via });
}

function newPool({ ca, certificate, key, keyExchange, peers }: TlsIdentity, terms: SocketTerms): Agent {
  const options: AgentOptions = {
    keepAlive: true,
    timeout: idleMsMax,
    maxFreeSockets: idleConnectionsMax,
    certificateCompression: ['zlib'],
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(keyExchange === undefined ? {} : { ecdhCurve: keyExchange }),
    // Its certificate is judged when it answers: it is one of a client.
    ...(peers === undefined ? {} : { rejectUnauthorized: false }),
  };
  return terms.areShort || terms.via !== undefined ? new MadePool(options, terms) : new Agent(options);
}

/** The pool of an identity's connections on these terms. */
export function poolOf(identity: TlsIdentity, terms: SocketTerms): Agent {
  const { ca, certificate, key, keyExchange, peers } = identity;
  const name = JSON.stringify([ca, certificate, key, keyExchange, peers, terms.areShort, terms.via]);
  const pool = pools.get(name) ?? newPool(identity, terms);
  // The one used last is the last of the map.
  pools.delete(name);
  pools.set(name, pool);
  const [oldest] = pools;
  if (pools.size > poolsMax && oldest !== undefined) {
    pools.delete(oldest[0]);
    closeIdle(oldest[1]);
  }
  return pool;
}
