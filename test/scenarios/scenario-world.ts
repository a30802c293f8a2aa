/**
 * The world of a transcript: a real fleet repository in a temporary directory, the real controller over a clock that only
 * the transcript moves, and the real command line. Devices are played by the transcript: it says what they report.
 */
import * as fs from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import type { CommandContext, Output } from '../../cli/command.ts';
import { addExampleRelease, makeExampleFleet } from '../../cli/example-fleet.ts';
import { runCommand } from '../../cli/run-command.ts';
import { createController } from '../../controller/controller.ts';
import type { Controller } from '../../controller/controller-parts.ts';
import { deviceRequests } from '../../controller/device-requests.ts';
import { byInstallationToken, byTokens } from '../../controller/doors/http/credentials.ts';
import { createApi } from '../../controller/doors/http/router.ts';
import { judgedPlace } from '../../controller/following/judged-place.ts';
import { fleetFamilies } from '../../controller/metrics/fleet-families.ts';
import { ArtifactStore } from '../../controller/publishing/artifact-store.ts';
import { readControllerKeys } from '../../controller/publishing/authoring/key-files.ts';
import { DirectoryFiles } from '../../controller/publishing/files/directory-files.ts';
import { OnlineMetadata } from '../../controller/publishing/online-metadata.ts';
import { RepositoryPublisher } from '../../controller/publishing/publisher.ts';
import { signDeployment } from '../../controller/publishing/sign-deployment.ts';
import { SmallerWays } from '../../controller/publishing/smaller-ways.ts';
import { openSource } from '../../controller/source/open-source.ts';
import { keptTexts } from '../../controller/state/kept-texts.ts';
import { openSqliteBlobCache } from '../../controller/state/sqlite/sqlite-blob-cache.ts';
import { openSqliteState } from '../../controller/state/sqlite/sqlite-state.ts';
import { loadConfiguration } from '../../platform/node/configuration.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { nodeThreads } from '../../platform/node/threads.ts';
import { type Log, NetworkError } from '../../platform/ports.ts';
import { SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import type { ApplicationReport, BrokerStatus, Report } from '../../schemas/generated/types.ts';
import { encodeEntry, type LogbookEntry, logbookChannel } from '../../schemas/logbook-entry.ts';
import { takeWavesAway } from '../fleet-examples/without-waves.ts';
import { brotliOnce, deltaOnce } from '../made-once.ts';
import { DeviceGates } from './device-gates.ts';

const start = Date.parse('2026-06-01T08:00:00Z');
const apiToken = 'known-to-the-scenario-only';
const author = { name: 'Ada', email: 'ada@example.org' };

/** Deployments go on long enough to be seen; a device's clock is the world's. */
type Telling = Partial<Omit<Report, 'counter' | 'at'>>;

/** Rounds of the event loop in which all is done that follows from an act. */
const actBreaths = 200;

const quiet: Log = { write: () => {} };

function refuse(): never {
  throw new Error('a scenario starts no process and opens no connection');
}

function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class ScenarioWorld {
  /** What the controller says of its broker. */
  broker: BrokerStatus = { state: 'reached', address: 'broker:8883', since: '2026-03-01T00:00:00.000Z' };
  /** Short: screens are cut by the repository's real path, and only then told as another. */
  readonly directory = mkdtempSync(join(tmpdir(), 'ada-'));
  readonly repository = join(this.directory, 'fleet');
  readonly configuration = join(this.directory, 'fleet.config.yaml');
  readonly #time = new SimTime(start);
  readonly #clock = this.#time.clock({ alive: true });
  readonly #random = new SimRandom(7);
  readonly #commits: string[] = [];
  readonly #counters = new Map<string, number>();
  readonly #connected = new Set<string>();
  /** How many entries of its logbook each device has handed in. */
  readonly #handedIn = new Map<string, number>();
  readonly #reports = new Map<string, Telling>();
  #controller: Controller | undefined;
  #columns = 120;
  reachable = true;
  readonly gates = new DeviceGates(() => this.#clock.now());

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /**
   * Makes the repository of an example with its first releases, and a key fingerprint in every manifest of a device. Its fleets
   * change all at once, but where waves are what it is about.
   */
  makeRepository(example: string, { hasWaves = false } = {}): void {
    makeExampleFleet(
      this.context(() => {}),
      example,
      this.repository,
      ['1.0.0'],
    );
    if (!hasWaves) takeWavesAway(this.repository);
    const devices = join(this.repository, 'devices');
    for (const [at, file] of fs.readdirSync(devices).entries()) {
      const fingerprint = Buffer.alloc(32, at + 1)
        .toString('base64')
        .replace('=', '');
      fs.appendFileSync(join(devices, file), `  keyFingerprint: SHA256:${fingerprint}\n`);
    }
    const configuration = `cli:\n  controller: https://shore.example:7443\n  token: ${apiToken}\n`;
    fs.writeFileSync(this.configuration, configuration);
  }

  addRelease(name: string, version: string): void {
    const tree = { disk: nodeDisk, directory: this.repository };
    addExampleRelease(
      this.context(() => {}),
      'harbor',
      tree,
      name,
      version,
    );
  }

  write(file: string, text: string): void {
    fs.writeFileSync(join(this.repository, file), text);
  }

  edit(file: string, from: string, to: string): void {
    const path = join(this.repository, file);
    const text = fs.readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    fs.writeFileSync(path, text.replace(from, to));
  }

  async commit(subject: string): Promise<void> {
    const repository = { fs, dir: this.repository };
    if (this.#commits.length === 0) await git.init({ ...repository, defaultBranch: 'main' });
    for (const [path, , inDirectory, staged] of await git.statusMatrix(repository)) {
      if (inDirectory === 0) await git.remove({ ...repository, filepath: path });
      else if (inDirectory !== staged) await git.add({ ...repository, filepath: path });
    }
    const timestamp = Math.floor(this.#clock.now() / 1000);
    const who = { ...author, timestamp, timezoneOffset: 0 };
    this.#commits.push(await git.commit({ ...repository, message: subject, author: who, committer: who }));
    await this.#settle(this.#controller?.poll());
  }

  /** Lets everything happen that happens at this moment, until `work` is done. */
  async #settle(work: Promise<void> = Promise.resolve()): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    do {
      await this.#time.runUntil(this.#time.now);
      await breath();
    } while (!isDone);
    await done;
    await this.#time.runUntil(this.#time.now);
  }

  async startController(): Promise<void> {
    const keys = readControllerKeys(nodeDisk, join(this.repository, '.fleet/keys/online'));
    const files = new DirectoryFiles(nodeDisk, join(this.directory, 'artifacts'));
    const store = new ArtifactStore(files);
    const [clock, log, state] = [this.#clock, quiet, openSqliteState(':memory:')];
    const memory = keptTexts(state, 'published', () => {});
    const online = new OnlineMetadata({ files, keys, memory, log, timestampLifetimeMs: 7 * 86_400_000 });
    const ways = new SmallerWays({ store, compress: brotliOnce, makeDelta: deltaOnce, log });
    const controller = await createController({
      ...{ clock, log, state },
      cache: openSqliteBlobCache(
        ':memory:',
        () => {},
        () => {},
      ),
      judged: judgedPlace(nodeDisk, join(this.directory, 'judged-tree'), log),
      publisher: new RepositoryPublisher({ clock, store, online, ways }),
      deltas: ways,
      source: openSource(
        { url: this.repository, branch: 'main', mirrorDirectory: '' },
        { fs, network: { request: refuse }, clock, log },
      ),
      publish: async () => {},
      sign: (deployment) => {
        this.gates.signed(deployment);
        return signDeployment(deployment, keys.deployment);
      },
      putBlob: (bytes) => store.put(bytes),
      tellsConnections: true,
      keyId: keys.deployment.keyId,
      reauthorize: () => {},
      brokerStatus: () => this.broker,
    });
    this.#controller = controller;
    await this.#settle(controller.start());
    await this.#settle(controller.poll());
  }

  async later(ms: number): Promise<void> {
    await this.#time.runUntil(this.#time.now + ms);
    // Whoever is connected is heard now and then, and the branch is looked at.
    for (const device of this.#connected) this.#ask(device, 'get');
    await this.#settle(this.#controller?.poll());
  }

  setColumns(columns: number): void {
    this.#columns = columns;
  }

  /** A device's connection opens or closes. */
  async connect(device: string, connected: boolean): Promise<void> {
    if (connected) this.#connected.add(device);
    else this.#connected.delete(device);
    this.#controller?.onContact({ device, connected });
    await this.#settle();
  }

  /** A device tells something new of itself; what it does not mention stays as it was. */
  async tell(device: string, telling: Telling): Promise<void> {
    const counter = (this.#counters.get(device) ?? 0) + 1;
    const at = new Date(this.#clock.now()).toISOString();
    const before = this.#reports.get(device);
    const since = telling.phase === before?.phase ? (before?.since ?? at) : at;
    const kept = { agentVersion: '0.1.0', phase: 'idle' as const, highestSequence: 0, applications: [], ...before };
    const { progress: _progress, target: _target, waiting: _waiting, consent: _consent, ...lasting } = kept;
    const report = { ...lasting, ...telling, since, at, counter };
    this.#counters.set(device, counter);
    this.#reports.set(device, report);
    if (!this.#connected.has(device)) await this.connect(device, true);
    this.#ask(device, 'update', { state: { reported: report } });
    await this.#settle();
  }

  /** A device hands in what it wrote down so long ago, in this start of its agent. */
  async handIn(device: string, agoMs: number, { boot, code, message }: Omit<LogbookEntry, 'upSeconds'>): Promise<void> {
    const index = this.#handedIn.get(device) ?? 0;
    this.#handedIn.set(device, index + 1);
    const entry = encodeEntry({ boot, upSeconds: 60, code, message });
    const messages = [{ at: this.#clock.now() - agoMs, message: entry }];
    const batch = { ...logbookChannel, stream: '0123456789abcdef', segment: 1, index, dropped: 0, messages };
    await this.#settle(this.#controller?.onBatch(device, batch).then(() => {}));
  }

  #ask(device: string, operation: 'get' | 'update', body: object = {}): void {
    this.#controller?.onRequest({ device, operation, payload: new TextEncoder().encode(JSON.stringify(body)) });
  }

  /** The newest deployment of a device. */
  async deploymentOf(device: string) {
    const status = await this.#controller?.status();
    const found = status?.devices.find(({ name }) => name === device)?.desired;
    if (found === undefined) throw new Error(`nothing was deployed to ${device}`);
    return found;
  }

  /** Applications of the newest deployment, all running. */
  async runningApplications(device: string): Promise<ApplicationReport[]> {
    const since = new Date(this.#clock.now()).toISOString();
    return (await this.deploymentOf(device)).applications.map(({ name, version }) => ({
      ...{ name, version, since },
      state: 'running' as const,
      restarts: 0,
    }));
  }

  lastApplications(device: string): readonly ApplicationReport[] {
    return this.#reports.get(device)?.applications ?? [];
  }

  context(write: (text: string) => void): CommandContext {
    const output: Output = { write, isTerminal: true, columns: () => this.#columns, rows: () => 50 };
    return {
      clock: this.#clock,
      disk: nodeDisk,
      gitFiles: fs,
      random: this.#random,
      processes: { start: refuse },
      programs: {
        start: refuse,
        run: async () => ({ code: 127, output: new Uint8Array(), complaint: 'not here' }),
        converse: () => ({ ask: async () => undefined, [Symbol.asyncDispose]: async () => {} }),
      },
      threads: nodeThreads,
      loadFormMakers: async () => ({
        compress: brotliOnce,
        makeDelta: (old, fresh, effort) => deltaOnce(old, fresh, new AbortController().signal, effort),
      }),
      isLocked: refuse,
      readInput: async () => new Uint8Array(0),
      demo: {
        commitAll: refuse,
        programs: { start: refuse, run: refuse, converse: refuse },
        freePort: refuse,
        startRelay: refuse,
        bundleAgent: refuse,
      },
      doors: { ask: refuse },
      openNetwork: () => ({
        request: (request, signal) => {
          if (!this.reachable) throw new NetworkError('UNREACHABLE', 'connect ECONNREFUSED');
          const { pathname, search } = new URL(request.url);
          const peer = { address: '192.0.2.1' };
          return this.#api()({ ...request, url: pathname + search }, peer, signal);
        },
      }),
      stdout: output,
      stderr: output,
      color: false,
      userName: () => undefined,
      environment: {},
      directory: this.repository,
      projectDirectory: join(import.meta.dirname, '../..'),
      loadConfiguration: (section, directory, flags = {}, file) =>
        loadConfiguration(section, { directory, environment: {}, flags, file: file ?? this.configuration }),
      signal: new AbortController().signal,
    };
  }

  #api() {
    const controller = this.#controller;
    if (controller === undefined) throw new NetworkError('UNREACHABLE', 'connect ECONNREFUSED');
    return createApi({
      fillParcel: async () => undefined,
      artifacts: async () => ({ status: 404, headers: {}, body: (async function* () {})() }),
      news: controller.onNews,
      messages: async () => ({ kind: 'heard' }),
      inView: (look) => controller.inView(look),
      changes: controller.changes,
      clock: this.#clock,
      acceptRevision: (name) => controller.acceptRevision(name),
      makeBundle: async () => undefined,
      noteBundle: async () => false,
      takeReceipt: controller.takeReceipt,
      takeMessages: controller.takeMessages,
      requests: deviceRequests({ clock: this.#clock, random: this.#random, sign: () => '{}' }, controller),
      actOnRollout: async ({ fleet, ...asked }) => {
        const refused = await controller.act(fleet, asked);
        // What is shown right behind an act would hang on how quick this machine is: here it shows what came of it.
        for (let breaths = 0; breaths < actBreaths; breaths += 1) await breath();
        return refused;
      },
      enrol: async () => ({ kind: 'refused', code: 'NOT_HERE', message: 'not in a scenario' }),
      makeChallenge: () => '',
      renew: async () => ({ kind: 'refused' }),
      notifyPush: () => {},
      authorize: controller.authorize,
      onRefusal: controller.onRefusal,
      readiness: () => ({ faults: {} }),
      readMetrics: () => fleetFamilies(controller.readings()),
      whoAsks: byTokens(byInstallationToken(apiToken), controller.access.tokens),
      ...{ ...controller.access, random: this.#random },
    });
  }

  /** Runs one command line; its output, with what differs from run to run replaced, and its exit code. */
  async fleet(
    words: readonly string[],
    who: Partial<Pick<CommandContext, 'environment' | 'userName'>> = {},
  ): Promise<{ readonly output: string; readonly exitCode: number }> {
    let output = '';
    const write = (text: string): void => {
      output += text;
    };
    const context = { ...this.context(write), ...who };
    let exitCode = 0;
    // What the controller is asked to do is done when it is written.
    await this.#settle(
      runCommand(context, words).then((code) => {
        exitCode = code;
      }),
    );
    return { output: this.#normalized(output), exitCode };
  }

  /** Commit ids hang on everything that is in a repository; the n-th commit is shown as `000000n`. */
  #normalized(text: string): string {
    return this.#commits
      .reduce((shown, id, at) => {
        const stand = String(at + 1).padStart(7, '0');
        return shown.replaceAll(id, stand.padEnd(40, '0')).replaceAll(id.slice(0, 7), stand);
      }, text)
      .replaceAll(this.repository, '/home/ada/fleet');
  }
}
