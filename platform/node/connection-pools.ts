/** How connections to servers are made, and serve again. */
import { type ClientRequestArgs, Agent as PlainAgent } from 'node:http';
import { Agent, type AgentOptions } from 'node:https';
import type { SocketTerms } from './made-socket.ts';
import { ReturningPool } from './returning-pool.ts';
import {
  connectOn,
  handOver,
  isMade,
  MadePool,
  type OnMade,
  silenceMsMax,
  TolerantPool,
  type ToleratesTime,
} from './tls-connections.ts';

/** What a client shows and trusts. PEM texts. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** Groups for the key exchange, as OpenSSL names them; its own choice unless given. */
  readonly keyExchange?: string;
  /** Who answers is a device of this authority, by whatever name of a host: answers say which. */
  readonly peers?: 'devices';
  /** The origin of a server that lets devices come back without their certificate. */
  readonly returnsTo?: string;
  /** Asked of a server of this authority that is all it has to be, but that its time is over or not yet come by the clock here. */
  readonly tolerates?: ToleratesTime;
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

/** Connections without TLS that go out of one interface; none serves again. */
class HeldAgent extends PlainAgent {
  readonly #terms: SocketTerms;

  constructor(terms: SocketTerms) {
    super();
    this.#terms = terms;
  }

  override createConnection(options: ClientRequestArgs, onMade?: OnMade): null {
    return handOver(
      connectOn(this.#terms, options).then((socket) => socket!),
      onMade,
    );
  }
}

/** For an exchange without TLS; false where Node makes the connection itself. */
export function plainAgent({ via }: SocketTerms): PlainAgent | false {
  return via === undefined ? false : new HeldAgent({ areShort: false, via });
}

/** What else the connections of a pool have in common; `returnsTo` is where they all lead, if they come back there. */
export interface PoolKind extends SocketTerms {
  /** Whether the clock here was in the way a moment ago. */
  readonly isTolerant: boolean;
  readonly returnsTo?: string;
}

function newPool(identity: TlsIdentity, kind: PoolKind): Agent {
  const { ca, certificate, key, keyExchange, peers, tolerates } = identity;
  const options: AgentOptions = {
    keepAlive: true,
    timeout: idleMsMax,
    // Node has TCP ask each second whether a connection that waits is there, which is 1 kB in the time that it waits.
    keepAliveMsecs: silenceMsMax,
    maxFreeSockets: idleConnectionsMax,
    certificateCompression: ['zlib'],
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(keyExchange === undefined ? {} : { ecdhCurve: keyExchange }),
    // Its certificate is judged when it answers: it is one of a client.
    ...(peers === undefined ? {} : { rejectUnauthorized: false }),
  };
  if (kind.isTolerant && tolerates !== undefined) return new TolerantPool(options, kind, tolerates);
  if (kind.returnsTo !== undefined) return new ReturningPool(options, kind, kind.returnsTo);
  return isMade(kind) ? new MadePool(options, kind) : new Agent(options);
}

/** The pool of an identity's connections of a kind. */
export function poolOf(identity: TlsIdentity, kind: PoolKind): Agent {
  const { ca, certificate, key, keyExchange, peers } = identity;
  const name = JSON.stringify([ca, certificate, key, keyExchange, peers, kind]);
  const known = pools.get(name);
  // Who tolerates something else has connections of its own.
  const isOther = known instanceof TolerantPool && known.tolerates !== identity.tolerates;
  const pool = known === undefined || isOther ? newPool(identity, kind) : known;
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
