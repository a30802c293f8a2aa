/**
 * A controller without its doors as a process of its own, so that its memory and the blocks of its event loop are its own:
 * real repository, real state, a broker that hears everything and keeps nothing. `engine-process.ts DIRECTORY KEYS DEVICES`
 */
import * as fs from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { createController } from '../../../controller/controller.ts';
import type { Controller } from '../../../controller/controller-parts.ts';
import { judgedPlace } from '../../../controller/following/judged-place.ts';
import { ArtifactStore } from '../../../controller/publishing/artifact-store.ts';
import { readControllerKeys } from '../../../controller/publishing/authoring/key-files.ts';
import { brotliInBackground } from '../../../controller/publishing/compress.ts';
import { DirectoryFiles } from '../../../controller/publishing/files/directory-files.ts';
import { deltaInBackground } from '../../../controller/publishing/make-delta.ts';
import { OnlineMetadata } from '../../../controller/publishing/online-metadata.ts';
import { RepositoryPublisher } from '../../../controller/publishing/publisher.ts';
import { signDeployment } from '../../../controller/publishing/sign-deployment.ts';
import { SmallerWays } from '../../../controller/publishing/smaller-ways.ts';
import { openSource } from '../../../controller/source/open-source.ts';
import { keptTexts } from '../../../controller/state/kept-texts.ts';
import { openSqliteBlobCache } from '../../../controller/state/sqlite/sqlite-blob-cache.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort } from '../../../controller/state/state-port.ts';
import { parseDeviceQuery } from '../../../controller/view/device-query.ts';
import { devicePage } from '../../../controller/view/lists.ts';
import { nodeClock as clock } from '../../../platform/node/clock.ts';
import { nodeDisk as disk } from '../../../platform/node/disk.ts';
import { openNetwork } from '../../../platform/node/network.ts';
import { ProgramStarter } from '../../../platform/node/program-starter.ts';
import { nodeThreads } from '../../../platform/node/threads.ts';
import { processMemory } from '../../footprint/process-memory.ts';
import { LoopTurns } from '../loop-turns.ts';
import type { EngineOrder, EngineSample } from './engine-orders.ts';
import { deviceName } from './fleet-repository.ts';

const [directory = '', keysDirectory = '', devices = ''] = process.argv.slice(2);
const count = Number(devices);
const log = {
  write: (level: string, event: string, fields?: object) => {
    if (level === 'error') process.stderr.write(`${event} ${JSON.stringify(fields)}\n`);
  },
};

/** Devices by what was written or said of them since it was asked last. */
const written = new Set<string>();
const told = new Set<string>();
let wakeUp: (() => void) | undefined;

function watched(state: StatePort): StatePort {
  return {
    load: (take) => state.load(take),
    read: (keys) => state.read(keys),
    close: () => state.close(),
    commit: async (writes) => {
      await state.commit(writes);
      for (const { room, key } of writes) if (room === 'device') written.add(key);
      wakeUp?.();
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    const { promise, resolve } = Promise.withResolvers<void>();
    wakeUp = resolve;
    await promise;
  }
}

function open(state: StatePort): Promise<Controller> {
  const keys = readControllerKeys(disk, keysDirectory);
  const files = new DirectoryFiles(disk, `${directory}/artifacts`);
  const store = new ArtifactStore(files);
  const memory = keptTexts(state, 'published', (error) => log.write('error', 'published', { error: String(error) }));
  const online = new OnlineMetadata({ files, keys, memory, log, timestampLifetimeMs: 6e8 });
  const ways = new SmallerWays({ store, compress: brotliInBackground, makeDelta: deltaInBackground(nodeThreads), log });
  const cache = openSqliteBlobCache(
    `${directory}/cache.sqlite`,
    () => {},
    (error) => log.write('error', 'cache', { error: String(error) }),
  );
  const options = {
    url: `${directory}/fleet.git`,
    branch: 'main',
    rewrites: 'hold' as const,
    mirrorDirectory: `${directory}/mirror`,
  };
  const programs = new ProgramStarter();
  const network = openNetwork(() => ({}));
  return createController({
    ...{ clock, log, state, cache, judged: judgedPlace(disk, `${directory}/judged-tree`, log) },
    publisher: new RepositoryPublisher({ clock, store, online, ways }),
    deltas: ways,
    source: openSource(options, { fs, network, clock, log, programs, threads: nodeThreads }),
    publish: async (message) => {
      const { topic } = message;
      // Agents hear all but documents.
      const isHeard = !topic.endsWith('/update/documents') && message.payload.length > 0;
      if (isHeard && topic.endsWith('/update/delta')) told.add(topic.split('/')[2]!);
      wakeUp?.();
    },
    sign: (deployment) => signDeployment(deployment, keys.deployment),
    keyId: keys.deployment.keyId,
    putBlob: (bytes) => store.put(bytes),
    tellsConnections: true,
    reauthorize: () => {},
  });
}

const delay = monitorEventLoopDelay({ resolution: 1 });
const turns = new LoopTurns();
const state = watched(openSqliteState(`${directory}/state.sqlite`));
let controller: Controller;

/** What an agent says that runs what it was told. */
function reportOf(revision: string): Uint8Array {
  const at = new Date().toISOString();
  const running = { sequence: 1, revision };
  const applications = ['log', 'pump', 'radio'].map((application) => ({
    ...{ name: application, version: '1.0.0', state: 'running', since: at, restarts: 0 },
  }));
  const report = {
    ...{
      at,
      counter: 1,
      boot: { id: '0123456789abcdef', number: 1 },
      agentVersion: '0.1.0',
      phase: 'active',
      since: at,
    },
    ...{ highestSequence: 1, running, applications, bytesReceivedTotal: 1000 },
  };
  return Buffer.from(JSON.stringify({ state: { reported: report } }));
}

/** What a door hands over in one turn; making them is the benchmark's own work. */
const reportsPerTurn = 128;

/** Every device connects and says that it runs what it was told. */
async function comeAboard(revision: string): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const device = deviceName(number);
    controller.onContact({ device, connected: true });
    controller.onRequest({ device, operation: 'update', payload: reportOf(revision) });
    if (number % reportsPerTurn === 0) await turn();
    if (number % 2_000 === 1_999) await until(() => written.size >= number - 2_000);
  }
  await until(() => written.size >= count);
  await controller.status({ target: { kind: 'device', name: deviceName(0) } });
}

async function ask(question: () => Promise<object>): Promise<{ readonly ms: number; readonly bytes: number }> {
  const times: number[] = [];
  let bytes = 0;
  for (let n = 0; n < 9; n += 1) {
    const startedAt = performance.now();
    bytes = Buffer.byteLength(JSON.stringify(await question()));
    times.push(performance.now() - startedAt);
    await turn();
  }
  return { ms: times.sort((a, b) => a - b)[4]!, bytes };
}

async function obey(order: EngineOrder): Promise<Partial<EngineSample>> {
  switch (order.kind) {
    case 'start':
      controller = await createOpened();
      return {};
    case 'follow':
      await controller.poll();
      await until(() => (order.isTold ? told : written).size >= order.devices);
      return {};
    case 'come-aboard':
      await comeAboard(order.revision);
      return {};
    case 'status':
      return ask(() => controller.status(order.query));
    case 'devices': {
      const query = parseDeviceQuery(new URLSearchParams(order.query));
      return ask(() => controller.inView((inputs) => devicePage(inputs, query)));
    }
    case 'stop':
      await controller.stop();
      await state.close();
      return {};
    default:
      throw order satisfies never;
  }
}

async function createOpened(): Promise<Controller> {
  const opened = await open(state);
  await opened.start();
  return opened;
}

/** Of this process and the one that starts programs, and of all that they ended already, the git program among them. */
function cpuMs(): number {
  const children = fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  return [`${process.pid}`, ...children].reduce((sum, pid) => sum + cpuMsOf(pid), 0);
}

function cpuMsOf(pid: string): number {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}

process.on('message', async (order: EngineOrder) => {
  written.clear();
  told.clear();
  delay.enable();
  delay.reset();
  turns.take();
  const cpuBeforeMs = order.kind === 'start' ? 0 : cpuMs();
  const startedAt = order.kind === 'start' ? 0 : performance.now();
  const found = await obey(order);
  const wallMs = performance.now() - startedAt;
  await turn();
  await turn();
  delay.disable();
  const { rssKb } = processMemory(process.pid);
  const sample: EngineSample = {
    wallMs,
    cpuMs: cpuMs() - cpuBeforeMs,
    longestBlockMs: delay.max / 1e6,
    longestTurnCpuMs: turns.take(),
    rssMb: rssKb / 1024,
    peakMb: process.resourceUsage().maxRSS / 1024,
    ...found,
  };
  process.send?.(sample);
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
