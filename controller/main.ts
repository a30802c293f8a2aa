/**
 * The controller as a program: wires the rooms to this machine and runs until SIGTERM or SIGINT, or until the program
 * that started it is gone. `--config FILE` names the configuration, and every key of its section is a flag.
 */
import * as fs from 'node:fs';
import http from 'isomorphic-git/http/node';
import { type Logger as ScheduleLogger, schedule } from 'node-cron';
import { makeDirectoryDurably, writeFileDurably } from '../platform/durable-file.ts';
import { nodeClock as clock } from '../platform/node/clock.ts';
import { loadConfiguration } from '../platform/node/configuration.ts';
import { nodeDisk as disk } from '../platform/node/disk.ts';
import { hangUp } from '../platform/node/hang-up.ts';
import { startHttpServer } from '../platform/node/http-server.ts';
import { openLog } from '../platform/node/log.ts';
import { parseProgramArguments } from '../platform/node/program-arguments.ts';
import { nodeRandom as random } from '../platform/node/random.ts';
import { nodeThreads } from '../platform/node/threads.ts';
import { untilStopped } from '../platform/node/until-stopped.ts';
import { userName } from '../platform/node/user-name.ts';
import type { Log, MessageBus } from '../platform/ports.ts';
import type { ControllerConfiguration } from '../schemas/generated/types.ts';
import { type Authority, openAuthority } from './authority/authority.ts';
import type { KeyAndCertificate } from './authority/authority-files.ts';
import type { AuthorizeDevice, OnRefusal } from './authority/authorization.ts';
import { enrol } from './authority/enrolment.ts';
import { certificateIdentity } from './authority/key-fingerprint.ts';
import { openStore } from './devices/sqlite-store.ts';
import { bodyBytesMax, createApi } from './doors/http/router.ts';
import { EmbeddedBroker } from './doors/mqtt/embedded/broker.ts';
import { connectExternalBroker } from './doors/mqtt/external/bus.ts';
import { MosquittoSite } from './doors/mqtt/external/mosquitto-site.ts';
import { createShadowService } from './doors/mqtt/shadows/service.ts';
import { rateLimit } from './doors/rate-limit.ts';
import { ArtifactStore } from './publishing/artifact-store.ts';
import { type ControllerKeys, readControllerKeys } from './publishing/authoring/key-files.ts';
import { brotliInBackground } from './publishing/compress.ts';
import { keepFresh } from './publishing/keep-fresh.ts';
import { deltaInBackground } from './publishing/make-delta.ts';
import { OnlineMetadata } from './publishing/online-metadata.ts';
import { RepositoryPublisher } from './publishing/publisher.ts';
import { serveArtifacts } from './publishing/serve-artifacts.ts';
import { signDeployment } from './publishing/sign-deployment.ts';
import { SmallerWays } from './publishing/smaller-ways.ts';
import { type Controller, type ControllerParts, createController } from './reconcile/controller.ts';
import { openSource } from './source/open-source.ts';
import { readApiToken, type StateDirectory, stateDirectory } from './state-directory.ts';

/** The server certificate is looked at this often; it is renewed long before it expires. */
const renewalSchedule = '17 3 * * *';

/** Artifacts that nobody needs any more go at the second look. */
const collectionSchedule = '43 * * * *';

/** Signature checks for whoever asks; a whole fleet renews its certificates within hours at this rate. */
const enrolmentsPerSecond = 20;

/** Everything that is opened once and shared. */
interface Ground {
  readonly configuration: ControllerConfiguration;
  readonly state: StateDirectory;
  readonly log: Log;
  readonly authority: Authority;
  readonly identity: KeyAndCertificate;
  readonly keys: ControllerKeys;
}

function textOf(path: string): string {
  return new TextDecoder().decode(disk.readFile(path));
}

async function openGround(configuration: ControllerConfiguration, log: Log): Promise<Ground> {
  const directory = configuration.stateDirectory!;
  makeDirectoryDurably(disk, directory);
  const state = stateDirectory(directory);
  const keys = readControllerKeys(disk, configuration.keys ?? state.onlineKeys);
  const authority = await openAuthority({ disk, directory: state.authority, clock, random });
  const identity = await authority.serverIdentity(configuration.hostnames!);
  return { configuration, state, log, authority, identity, keys };
}

function openGitSource({ configuration, state, log }: Ground) {
  const { url, branch, token, requireSignature } = configuration.source;
  const options = {
    url,
    branch: branch!,
    mirrorDirectory: state.mirror,
    ...(token === undefined ? {} : { token }),
    ...(requireSignature === undefined ? {} : { allowedSigners: () => textOf(requireSignature) }),
  };
  return openSource(options, { fs, http, clock, log });
}

/** The broker of our own, or a connection to the one that is configured; `listen` opens the doors. */
interface Broker extends Pick<ControllerParts, 'reauthorize' | 'brokerStatus'> {
  readonly bus: MessageBus;
  readonly embedded?: EmbeddedBroker;
  readonly listen: () => Promise<void>;
  /** Where agents find it. */
  readonly url: () => string;
  readonly renewIdentity: (identity: KeyAndCertificate) => void;
}

/** A Mosquitto that our own authority vouches for needs no configuration but ours. */
function openMosquittoSite({ state, log }: Ground, url: string): MosquittoSite {
  const user = userName();
  return new MosquittoSite({
    ...{ disk, log, directory: state.mosquitto, authorityDirectory: state.authority, url },
    reload: (pidFile) => hangUp('mosquitto', pidFile),
    // The files are ours alone to read: a Mosquitto that root starts becomes us.
    ...(user === undefined ? {} : { user }),
  });
}

function openExternalBroker(ground: Ground, url: string): Broker {
  const { configuration, authority, identity, log } = ground;
  const { ca, certificate, key } = configuration.mqtt!;
  const site = ca === undefined ? openMosquittoSite(ground, url) : undefined;
  const ownOr = (ours: KeyAndCertificate): KeyAndCertificate =>
    certificate === undefined || key === undefined ? ours : { certificate: textOf(certificate), key: textOf(key) };
  const bus = connectExternalBroker({
    ...{ url, clock, log, clientId: 'fleet-controller' },
    authority: ca === undefined ? authority.certificate : textOf(ca),
    identity: ownOr(identity),
    onReached: () => site?.reached(),
  });
  return {
    bus,
    brokerStatus: () => bus.status(),
    listen: async () => {},
    url: () => url,
    reauthorize: (devices) => site?.admit(devices.values()),
    renewIdentity: (ours) => {
      bus.renewIdentity(ownOr(ours));
      site?.renewIdentity();
    },
  };
}

function openBroker(ground: Ground, authorize: AuthorizeDevice, onRefusal: OnRefusal): Broker {
  const { configuration, authority, identity, log } = ground;
  const { external, host, port } = configuration.mqtt!;
  if (external !== undefined) return openExternalBroker(ground, external);
  const options = { host: host!, port: port!, identity, authority: authority.certificate };
  const embedded = new EmbeddedBroker({ ...options, authorize, onRefusal, clock, log });
  return {
    bus: embedded,
    embedded,
    listen: () => embedded.listen(),
    url: () => `mqtts://${host}:${embedded.port}`,
    reauthorize: () => embedded.reauthorize(),
    renewIdentity: (ours) => embedded.renewIdentity(ours),
  };
}

function openPublishing({ configuration, state, log, keys }: Ground) {
  const store = new ArtifactStore(disk, state.artifacts);
  const timestampLifetimeMs = configuration.metadataExpiryHours! * 3_600_000;
  const online = new OnlineMetadata({ disk, directory: `${state.artifacts}/tuf`, keys, timestampLifetimeMs });
  const ways = new SmallerWays({ store, compress: brotliInBackground, makeDelta: deltaInBackground(nodeThreads), log });
  return { store, online, ways, publisher: new RepositoryPublisher({ clock, store, online, ways }) };
}

function startHttps(ground: Ground, controller: Controller) {
  const { configuration, state, log, authority, identity } = ground;
  const { authorize, onRefusal } = controller;
  const { webhookSecret } = configuration.source;
  const handler = createApi({
    artifacts: serveArtifacts(disk, state.artifacts),
    status: () => controller.status(),
    enrol: (request, address) => enrol({ authority, authorize, onRefusal }, request, address),
    notifyPush: () => void controller.poll(),
    enrolments: rateLimit(enrolmentsPerSecond, 10 * enrolmentsPerSecond, () => clock.monotonic()),
    authorize,
    onRefusal,
    apiToken: readApiToken(disk, random, state.apiToken),
    ...(webhookSecret === undefined ? {} : { webhookSecret }),
  });
  return startHttpServer({
    host: configuration.http!.host!,
    port: configuration.http!.port!,
    certificate: identity.certificate,
    key: identity.key,
    authority: authority.certificate,
    identify: certificateIdentity,
    handler,
    bodyBytesMax,
    log,
  });
}

/** node-cron tells of late and missed runs in a format of its own; here they are lines like all others. */
function scheduleLogger(log: Log): ScheduleLogger {
  const write = (level: 'debug' | 'warn') => (message: string | Error) =>
    log.write(level, 'schedule.said', { message: String(message) });
  return { info: write('debug'), debug: write('debug'), warn: write('warn'), error: write('warn') };
}

/** Where this controller can be reached, for whoever sets up agents and CLIs; with port 0 only the running program knows. */
function writeEndpoints(
  state: StateDirectory,
  endpoints: { readonly controller: string; readonly mqtt: string },
): void {
  const cut = state.endpoints.lastIndexOf('/');
  const bytes = new TextEncoder().encode(`${JSON.stringify(endpoints, undefined, 2)}\n`);
  writeFileDurably(disk, state.endpoints.slice(0, cut), state.endpoints.slice(cut + 1), bytes);
}

async function run(configuration: ControllerConfiguration, log: Log): Promise<void> {
  const ground = await openGround(configuration, log);
  using database = openStore(ground.state.database);
  const { devices, values } = database;
  const { store, online, ways, publisher } = openPublishing(ground);
  // Broker and controller need each other: what the broker asks is answered by the controller made below.
  const broker = openBroker(
    ground,
    (device, fingerprint) => controller.authorize(device, fingerprint),
    (refusal) => controller.onRefusal(refusal),
  );
  const { bus, embedded } = broker;
  const shadows = createShadowService({
    ...{ bus, values, clock, log },
    knowsDevice: (device) => controller.knowsDevice(device),
    onRefusal: (refusal) => controller.onRefusal(refusal),
    ...(embedded === undefined ? {} : { connections: embedded }),
  });
  const controller = createController({
    ...{ clock, log, publisher, devices, values, shadows },
    source: openGitSource(ground),
    issuing: {
      store: devices,
      sign: (deployment) => signDeployment(deployment, ground.keys.deployment),
      putBlob: (bytes) => store.put(bytes),
    },
    reauthorize: broker.reauthorize,
    ...(broker.brokerStatus && { brokerStatus: broker.brokerStatus }),
  });
  await controller.start();
  await broker.listen();
  const server = await startHttps(ground, controller);
  const { host } = configuration.http!;
  const endpoints = { controller: `https://${host}:${server.port}`, mqtt: broker.url() };
  writeEndpoints(ground.state, endpoints);
  log.write('info', 'controller.ready', endpoints);
  using _fresh = keepFresh(online, clock, log);
  const logger = scheduleLogger(log);
  const polling = schedule(configuration.source.schedule!, () => controller.poll(), { logger });
  const renewing = schedule(
    renewalSchedule,
    async () => {
      const ours = await ground.authority.serverIdentity(configuration.hostnames!);
      server.renewIdentity(ours.certificate, ours.key);
      broker.renewIdentity(ours);
    },
    { logger },
  );
  const collecting = schedule(collectionSchedule, () => controller.collectGarbage(), { logger });
  void controller.poll();
  await untilStopped();
  log.write('info', 'controller.stopping');
  await Promise.all([polling, renewing, collecting].map((task) => task.destroy()));
  await server.close();
  await ways.stop();
  await controller.stop();
  await bus.close();
}

const { file, flags, unknown } = parseProgramArguments(process.argv.slice(2));
try {
  if (unknown.length > 0) throw new Error(`unknown arguments: ${unknown.join(' ')}`);
  const { value } = await loadConfiguration('controller', {
    directory: process.cwd(),
    environment: process.env,
    flags,
    ...(file === undefined ? {} : { file }),
  });
  await run(value, openLog(clock, 'info'));
  process.exit(0);
} catch (error) {
  process.stderr.write(`fleet controller: ${error instanceof Error ? error.message : String(error)}\n`);
  if (process.env.FLEET_DEBUG !== undefined) process.stderr.write(`${(error as Error).stack}\n`);
  process.exit(1);
}
