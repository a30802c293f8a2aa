/**
 * One connection to the database. It breaks once and for ever: whoever had something on the way can't know whether it
 * happened, and opens another only for what may happen twice.
 */
import pg from 'pg';
import type { Clock } from '../../../platform/ports.ts';
import type { StateError } from '../state-port.ts';
import { postgresError, stateError } from './postgres-error.ts';

/** How long a connection may take to open. */
const connectMsMax = 5_000;

/** How long the other side is given to take leave. */
const closeMsMax = 1_000;

/** Where the database is, and as whom. */
export interface SessionOptions {
  readonly clock: Clock;
  /** As libpq has it, TLS included: `postgres://USER@HOST/DATABASE?sslmode=verify-full&sslrootcert=FILE`. */
  readonly url: string;
}

/** A statement that the database has parsed once for all. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

type Values = readonly (string | number | Uint8Array)[];

function describePlace({ host, port, database }: pg.Client): string {
  return `${host.startsWith('/') ? host : `${host}:${port}`}/${database ?? ''}`;
}

/** Files that the URL names are read here. */
function clientFor(url: string): pg.Client {
  try {
    return new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectMsMax,
      application_name: 'fleet-controller',
      keepAlive: true,
    });
  } catch (error) {
    throw stateError('STATE_UNTRUSTED', new URL(url).host, (error as Error).message);
  }
}

export class Session {
  /** For people; the password is not in it. */
  readonly place: string;
  readonly #client: pg.Client;
  readonly #clock: Clock;
  /** Resolves with the reason when it breaks; never after `close`. */
  readonly broken: Promise<StateError>;
  #break: (error: StateError) => void = () => {};
  #reason: StateError | undefined;
  #isClosed = false;

  private constructor(client: pg.Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
    this.place = describePlace(client);
    this.broken = new Promise((resolve) => {
      this.#break = resolve;
    });
    client.on('error', (error) => this.breakOff(postgresError(this.place, error)));
    client.on('end', () => this.breakOff(stateError('STATE_UNREACHABLE', this.place, 'the connection ended')));
  }

  static async open({ clock, url }: SessionOptions): Promise<Session> {
    const client = clientFor(url);
    const session = new Session(client, clock);
    try {
      await client.connect();
      return session;
    } catch (error) {
      const reason = postgresError(session.place, error);
      session.breakOff(reason);
      throw reason;
    }
  }

  /** The rows of the answer; when there is none in `timeoutMs`, the connection is broken off. */
  async query<Row>({ name, text }: Statement, values: Values = [], timeoutMs?: number): Promise<readonly Row[]> {
    if (this.#reason !== undefined) throw this.#reason;
    using _deadline = timeoutMs === undefined ? undefined : this.#awaited(name, timeoutMs);
    try {
      const { rows } = await this.#client.query({ name, text, values: [...values] });
      return rows as Row[];
    } catch (error) {
      throw this.#reason ?? postgresError(this.place, error);
    }
  }

  /** A busy or wakened program looks at its timers before it reads: what has arrived by then counts. */
  #awaited(name: string, timeoutMs: number): Disposable {
    const late = stateError('STATE_UNREACHABLE', this.place, `no answer in ${timeoutMs} ms to ${name}`);
    let timer = this.#clock.after(timeoutMs, () => {
      timer = this.#clock.after(0, () => this.breakOff(late));
    });
    return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }

  /** Several statements without values, one after the other. */
  async run(script: string): Promise<void> {
    try {
      await this.#client.query(script);
    } catch (error) {
      throw this.#reason ?? postgresError(this.place, error);
    }
  }

  /** Ends it without waiting for the other side; what was asked is rejected. */
  breakOff(reason: StateError): void {
    if (this.#reason !== undefined || this.#isClosed) return;
    this.#reason = reason;
    this.#break(reason);
    this.#client.end().catch(() => {});
  }

  /** Ends it in order, if the other side answers. */
  async close(): Promise<void> {
    if (this.#isClosed || this.#reason !== undefined) return;
    this.#isClosed = true;
    await Promise.race([this.#client.end().catch(() => {}), this.#clock.sleep(closeMsMax)]);
  }
}
