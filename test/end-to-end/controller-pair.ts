/** Two controllers, as real processes, over one database: each reaches it through a way of its own, which can be cut. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeExampleFleet } from '../../cli/example-fleet.ts';
import type { Readiness } from '../../controller/doors/http/readiness.ts';
import { freePort } from '../../platform/node/free-port.ts';
import { commitAll } from '../../platform/node/git-commit.ts';
import { openNetwork } from '../../platform/node/network.ts';
import { hasSwift, TestBuckets } from '../controller/publishing/bucket/test-bucket.ts';
import { TestServer } from '../controller/state/postgres/test-database.ts';
import { takeWavesAway } from '../fleet-examples/without-waves.ts';
import { eventually } from './processes.ts';
import { contextOf } from './world.ts';

const program = fileURLToPath(new URL('../../controller/main.ts', import.meta.url));
const database = 'fleet';
const startMs = 60_000;

/** A way to the database. When it is cut, nothing arrives on either side and nobody is told. */
class Way {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  constructor(target: number) {
    this.#server = createServer((near) => this.#join(near, connect(target, '127.0.0.1')));
  }

  #join(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on('data', (bytes) => this.#isCut || other.write(bytes));
      one.on('error', () => {});
      one.on('close', () => this.#isCut || other.destroy());
    }
  }

  async open(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#isCut = true;
  }

  /** What was open when it was cut stays lost. */
  mend(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    this.#isCut = false;
  }

  close(): void {
    this.mend();
    this.#server.close();
  }
}

/** One of the two. */
export class PairedController {
  readonly name: string;
  readonly way: Way;
  readonly #directory: string;
  readonly #port: number;
  #process: ChildProcess | undefined;
  #output = '';

  constructor(name: string, directory: string, port: number, way: Way) {
    this.name = name;
    this.way = way;
    this.#directory = directory;
    this.#port = port;
  }

  start(): void {
    this.#output = '';
    const args = ['--disable-warning=ExperimentalWarning', program, '--config', `${this.#directory}/${this.name}.yaml`];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (this.#output += text));
    this.#process = child;
  }

  get output(): string {
    return this.#output;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Resolves with its exit code. */
  async ended(): Promise<number | null> {
    const child = this.#process!;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  /** What it answers; undefined when it does not. */
  async #get(path: string): Promise<{ readonly status: number; readonly body: unknown } | undefined> {
    const ca = (): string => readFileSync(`${this.#directory}/shared/authority/ca.pem`, 'utf8');
    try {
      const url = `https://127.0.0.1:${this.#port}${path}`;
      const request = { method: 'GET', url, headers: {} } as const;
      const { status, body } = await openNetwork(() => ({ ca: ca() })).request(request, AbortSignal.timeout(2_000));
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return { status, body: JSON.parse(Buffer.concat(chunks).toString()) };
    } catch {
      return undefined;
    }
  }

  async readiness(): Promise<{ readonly status: number; readonly leader?: Readiness['leader'] } | undefined> {
    const answer = await this.#get('/readyz/leading');
    return answer && { status: answer.status, ...(answer.body as Pick<Readiness, 'leader'>) };
  }

  async health(): Promise<number | undefined> {
    return (await this.#get('/healthz'))?.status;
  }

  /** Waits until it leads, or until it answers that another does; fails at once when it has ended. */
  leads(isLeading = true): Promise<true> {
    const wanted = `${this.name} to ${isLeading ? 'lead' : 'stand by'}`;
    return eventually(wanted, startMs, async () => {
      const { exitCode } = this.#process!;
      if (exitCode !== null) throw new Error(`waited for ${wanted}, which ended with ${exitCode}:\n${this.#output}`);
      const seen = await this.readiness();
      return seen?.status === (isLeading ? 200 : 503) && seen.leader !== undefined ? true : undefined;
    });
  }
}

/** A device that never comes: nothing is issued to one without a key. */
const deviceText = (name: string): string => `apiVersion: fleet/v1alpha1
kind: Device
metadata:
  name: ${name}
  labels:
    kind: ship
    berth: pier-1
spec:
  site: aurora
  keyFingerprint: SHA256:${createHash('sha256').update(name).digest('base64').slice(0, 43)}
`;

/** The harbor, with as many devices aboard one ship as are wanted, and two controllers that are not started. */
export class ControllerPair {
  readonly server: TestServer;
  readonly controllers: readonly PairedController[];
  readonly #directory: string;
  readonly #buckets: TestBuckets | undefined;

  private constructor(
    server: TestServer,
    buckets: TestBuckets | undefined,
    controllers: readonly PairedController[],
    directory: string,
  ) {
    this.server = server;
    this.#buckets = buckets;
    this.controllers = controllers;
    this.#directory = directory;
  }

  static async make(devices: number): Promise<ControllerPair> {
    const directory = mkdtempSync(join(tmpdir(), 'fleet-pair-'));
    makeExampleFleet(contextOf(directory, new AbortController().signal), 'harbor', `${directory}/fleet`, ['1.0.0']);
    takeWavesAway(`${directory}/fleet`);
    const manifests = `${directory}/fleet/devices`;
    for (const file of readdirSync(manifests)) rmSync(`${manifests}/${file}`);
    for (const file of ['fleets/trucks.yaml', 'policy.yaml']) rmSync(`${directory}/fleet/${file}`);
    for (let n = 0; n < devices; n += 1) writeFileSync(`${manifests}/ship-${n}.yaml`, deviceText(`ship-${n}`));
    const server = await TestServer.start();
    await server.createDatabase(database);
    const buckets = hasSwift ? await TestBuckets.start() : undefined;
    await buckets?.make('fleet');
    const controllers = ['one', 'two'].map((name) => makeController(directory, name, server, buckets));
    return new ControllerPair(server, buckets, await Promise.all(controllers), directory);
  }

  ask(text: string): Promise<readonly Record<string, unknown>[]> {
    return this.server.ask(database, text);
  }

  /** Commits a change that touches every device; returns the commit's id. */
  commit(knots: number): Promise<string> {
    const file = `${this.#directory}/fleet/sites/aurora.yaml`;
    writeFileSync(file, readFileSync(file, 'utf8').replace(/knots: \d+/, `knots: ${knots}`));
    return commitAll(`${this.#directory}/fleet`, `The ship makes ${knots} knots`);
  }

  async stop(): Promise<void> {
    for (const controller of this.controllers) {
      controller.signal('SIGKILL');
      controller.way.close();
    }
    this.server.stop();
    this.#buckets?.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Where artifacts lie that both serve: in a bucket where there is a server of buckets, else in their directory. */
function artifactsText(buckets: TestBuckets | undefined): string {
  if (buckets === undefined) return '';
  const { endpoint, region, accessKeyId, secretAccessKey } = buckets.place;
  return `  artifacts:
    url: s3://fleet/pair
    endpoint: ${endpoint}
    region: ${region}
    accessKeyId: ${accessKeyId}
    secretAccessKey: ${secretAccessKey}
`;
}

async function makeController(
  directory: string,
  name: string,
  server: TestServer,
  buckets: TestBuckets | undefined,
): Promise<PairedController> {
  const way = new Way(server.port);
  const port = await freePort();
  mkdirSync(`${directory}/${name}`);
  writeFileSync(
    `${directory}/${name}.yaml`,
    `controller:
  stateDirectory: ${name}
  sharedDirectory: shared
  keys: fleet/.fleet/keys/online
  state:
    url: ${server.url(database, await way.open())}
  source:
    url: fleet
    schedule: '* * * * * *'
  http:
    port: ${port}
  mqtt:
    port: 0
${artifactsText(buckets)}`,
  );
  return new PairedController(name, directory, port, way);
}
