/** A PostgreSQL of this test alone: Debian's programs over a scratch directory, on a socket in it and a free port of the loopback. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { SkipFn, TestFn } from 'ava';
import pg from 'pg';
import { freePort } from '../../../../platform/node/free-port.ts';

const debianDirectory = '/usr/lib/postgresql';

/** Where Debian keeps the programs of the newest version that is installed. */
function findPrograms(): string | undefined {
  const versions = existsSync(debianDirectory) ? readdirSync(debianDirectory) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  const programs = newest === undefined ? undefined : `${debianDirectory}/${newest}/bin`;
  return programs !== undefined && existsSync(`${programs}/initdb`) ? programs : undefined;
}

const programs = findPrograms();

/** Without it the tests that need it are skipped, and say so. */
export const hasPostgres = programs !== undefined;

/** `test` where PostgreSQL is installed. */
export function withPostgres(test: TestFn): SkipFn | TestFn {
  return hasPostgres ? test : test.skip;
}

/** It does not run as root. */
function asDatabaseUser(program: string, args: readonly string[]): void {
  const file = `${programs}/${program}`;
  if (userInfo().uid === 0) {
    const user = ['--reuid=postgres', '--regid=postgres', '--init-groups'];
    execFileSync('setpriv', [...user, file, ...args], { stdio: 'pipe', cwd: '/' });
  } else execFileSync(file, args, { stdio: 'pipe' });
}

const settings = { max_connections: 60, shared_buffers: '32MB', max_wal_size: '256MB', fsync: 'on' };

/** A server that runs until it is stopped. */
export class TestServer {
  readonly #directory: string;
  readonly port: number;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.port = port;
  }

  static async start(): Promise<TestServer> {
    const directory = mkdtempSync(join(tmpdir(), 'fleet-postgres-'));
    if (userInfo().uid === 0) execFileSync('chown', ['postgres:', directory]);
    const server = new TestServer(directory, await freePort());
    asDatabaseUser('initdb', ['-D', `${directory}/data`, '-A', 'trust', '-U', 'fleet', '-E', 'UTF8', '--no-locale']);
    server.#start();
    return server;
  }

  #start(): void {
    const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
    const address = `-p ${this.port} -k ${this.#directory} -c listen_addresses=127.0.0.1`;
    this.#control('start', '-l', `${this.#directory}/log`, '-o', `${address} ${options.join(' ')}`);
  }

  #control(verb: string, ...args: readonly string[]): void {
    asDatabaseUser('pg_ctl', [verb, '-w', '-D', `${this.#directory}/data`, ...args]);
  }

  /** A database of its own; `port` is that of something in between. */
  url(database: string, port = this.port): string {
    return `postgres://fleet@127.0.0.1:${port}/${database}`;
  }

  /** From now on it speaks TLS with whoever asks for it. */
  async serveTls({ certificate, key }: { readonly certificate: string; readonly key: string }): Promise<void> {
    for (const [name, text] of Object.entries({ 'server.crt': certificate, 'server.key': key })) {
      const path = `${this.#directory}/data/${name}`;
      writeFileSync(path, text, { mode: 0o600 });
      if (userInfo().uid === 0) execFileSync('chown', ['postgres:', path]);
    }
    await this.ask('postgres', 'ALTER SYSTEM SET ssl = on');
    await this.ask('postgres', 'SELECT pg_reload_conf()');
  }

  async createDatabase(name: string): Promise<void> {
    // Its files copied as they are, not page by page through the log.
    await this.ask('postgres', `CREATE DATABASE ${name} STRATEGY file_copy`);
  }

  /** A copy in which one page of a table holds what nobody wrote; nobody connects to the database meanwhile. */
  async tornCopy(database: string, table: string, page: number): Promise<string> {
    const copy = `${database}_torn`;
    // Of a copy that is made file by file the server has nothing in memory.
    await this.ask('postgres', `CREATE DATABASE ${copy} TEMPLATE ${database} STRATEGY file_copy`);
    const [row] = await this.ask(database, `SELECT pg_relation_filenode('${table}') AS node`);
    const [base] = await this.ask('postgres', `SELECT oid FROM pg_database WHERE datname = '${copy}'`);
    const file = openSync(`${this.#directory}/data/base/${base!.oid}/${row!.node}`, 'r+');
    writeSync(file, new Uint8Array(2000).fill(0x5a), 0, 2000, page * 8192);
    closeSync(file);
    return copy;
  }

  async ask(database: string, text: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.url(database) });
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows;
  }

  /** As after a crash: nothing is closed in order. */
  restart(): void {
    this.#control('stop', '-m', 'immediate');
    this.#start();
  }

  stop(): void {
    this.#control('stop', '-m', 'immediate');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
