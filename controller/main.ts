/**
 * The controller as a program: wires the rooms to this machine and runs until SIGTERM or SIGINT, or until the program
 * that started it is gone. `--config FILE` names the configuration, and every key of its section is a flag.
 */
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { type Logger as ScheduleLogger, schedule } from 'node-cron';
import { makeDirectoryDurably, writeFileDurably } from '../platform/durable-file.ts';
import { hostAndPort } from '../platform/host-and-port.ts';
import { nodeClock as clock } from '../platform/node/clock.ts';
import { loadConfiguration } from '../platform/node/configuration.ts';
import { nodeDisk as disk } from '../platform/node/disk.ts';
import { hangUp } from '../platform/node/hang-up.ts';
import { startHttpServer } from '../platform/node/http-server.ts';
import { openLog } from '../platform/node/log.ts';
import { openNetwork } from '../platform/node/network.ts';
import { nodePrograms } from '../platform/node/processes.ts';
import { parseProgramArguments } from '../platform/node/program-arguments.ts';
import { nodeRandom as random } from '../platform/node/random.ts';
import { nodeThreads } from '../platform/node/threads.ts';
import { untilStopped } from '../platform/node/until-stopped.ts';
import { userName } from '../platform/node/user-name.ts';
import type { HttpHandler, Log, MessageBus } from '../platform/ports.ts';
import type { ControllerConfiguration } from '../schemas/generated/types.ts';
import { announce, announcementDirectory } from './announcement.ts';
import { type Authority, openAuthority, replaceAuthority } from './authority/authority.ts';
import type { KeyAndCertificate } from './authority/authority-files.ts';
import type { AuthorizeDevice, OnRefusal } from './authority/authorization.ts';
import { enrol } from './authority/enrolment.ts';
import { certificateIdentity } from './authority/key-fingerprint.ts';
import { type Controller, type ControllerParts, createController } from './controller.ts';
import { fairHandshakes } from './doors/fair-handshakes.ts';
import { createGuard, type Guard } from './doors/guard.ts';
import { enrolmentLimits } from './doors/http/enrolment-limits.ts';
import { standByApi } from './doors/http/readiness.ts';
import { bodyBytesMax, createApi } from './doors/http/router.ts';
import { EmbeddedBroker } from './doors/mqtt/embedded/broker.ts';
import { connectExternalBroker } from './doors/mqtt/external/bus.ts';
import { MosquittoSite } from './doors/mqtt/external/mosquitto-site.ts';
import { openShadowDoor } from './doors/mqtt/shadow-door.ts';
import { logExpiry } from './expiry/expiry-log.ts';
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
import { allowedSignersFile } from './source/judge-tip.ts';
import { openSource } from './source/open-source.ts';
import type { BlobCache } from './state/blob-cache.ts';
import type { StatePlace, Term } from './state/leadership.ts';
import { openStatePlace } from './state/open-place.ts';
import { openSqliteBlobCache } from './state/sqlite/sqlite-blob-cache.ts';
import { StateError } from './state/state-port.ts';
import { assertLeading, diskWhileLeading } from './state/while-leading.ts';
import { readApiToken, type StateDirectory, stateDirectory } from './state-directory.ts';

/** The server certificate is looked at this often; it is renewed long before it expires. */
const renewalSchedule = '17 3 * * *';

/** Artifacts that nobody needs any more go at the second look. */
const collectionSchedule = '43 * * * *';

/** Everything that is opened once and shared. */
interface Ground {
  readonly configuration: ControllerConfiguration;
  readonly state: StateDirectory;
  readonly log: Log;
  readonly authority: Authority;
  readonly identity: KeyAndCertificate;
  readonly keys: ControllerKeys;
  readonly apiToken: string;
  readonly guard: Guard;
}

function textOf(path: string): string {
  return new TextDecoder().decode(disk.readFile(path));
}

/** Whether a controller ran on this state before. */
function hasServed({ database, endpoints, artifacts }: StateDirectory): boolean {
  return [database, endpoints, `${artifacts}/tuf/timestamp.json`].some((file) => disk.stat(file) !== undefined);
}

/** The files of this controller, and the place of its state, which nobody leads over yet. */
async function openPlace(configuration: ControllerConfiguration, log: Log) {
  const directory = configuration.stateDirectory!;
  const state = stateDirectory(directory, configuration.sharedDirectory);
  makeDirectoryDurably(disk, directory);
  const { url } = configuration.state ?? {};
  const name = `${hostname()}:${configuration.http!.port}`;
  const options = { clock, log, file: state.database, name, wasLed: hasServed(state), ...(url && { url }) };
  return { state, place: await openStatePlace(options, new AbortController().signal) };
}

/** Puts the authority aside and makes another; refused while a controller runs on this state. */
async function newAuthority(configuration: ControllerConfiguration, log: Log): Promise<void> {
  const { state, place } = await openPlace(configuration, log);
  const refusal = new StateError(
    'STATE_LOCKED',
    'another controller leads on this state: stop every one of them first',
  );
  const term = await place.lead(AbortSignal.abort(refusal));
  const aside = await replaceAuthority({ disk, directory: state.authority, clock, random });
  await term.end();
  const before = aside.length === 0 ? '' : `, what was before is in ${aside.join(', ')}`;
  process.stdout.write(
    `made an authority in ${state.authority}${before}\nNo device trusts it yet: give each its ca.pem, and enrol it again\n`,
  );
}

async function openGround(
  configuration: ControllerConfiguration,
  log: Log,
  state: StateDirectory,
  wasLed: boolean,
): Promise<Ground> {
  const keys = readControllerKeys(disk, configuration.keys ?? state.onlineKeys);
  const isFirstStart = !wasLed;
  const authority = await openAuthority({ disk, directory: state.authority, clock, random, isFirstStart });
  const identity = await authority.serverIdentity(configuration.hostnames!);
  const apiToken = readApiToken(disk, random, state.apiToken);
  return { configuration, state, log, authority, identity, keys, apiToken, guard: createGuard({ clock, log }) };
}

function openGitSource({ configuration, state, log }: Ground) {
  const { url, branch, token, requireSignature, rewrites } = configuration.source;
  const options = {
    ...{ url, branch: branch!, rewrites: rewrites!, mirrorDirectory: state.mirror },
    ...(token === undefined ? {} : { token }),
    ...(requireSignature === undefined ? {} : { allowedSigners: allowedSignersFile(url, requireSignature, textOf) }),
  };
  const network = openNetwork(() => ({}));
  return openSource(options, { fs, network, clock, log, programs: nodePrograms, threads: nodeThreads });
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
  const { configuration, authority, identity, log, guard } = ground;
  const { external, host, port } = configuration.mqtt!;
  if (external !== undefined) return openExternalBroker(ground, external);
  const options = { host: host!, port: port!, identity, authority: authority.certificate };
  const embedded = new EmbeddedBroker({ ...options, authorize, onRefusal, guard, clock, log });
  return {
    bus: embedded,
    embedded,
    listen: () => embedded.listen(),
    url: () => embedded.url,
    reauthorize: () => embedded.reauthorize(),
    renewIdentity: (ours) => embedded.renewIdentity(ours),
  };
}

/** What it holds can be read again: trouble with it is told once, and ends nothing. */
function openCache({ state, log }: Ground): BlobCache {
  let isTold = false;
  const onTrouble = (error: unknown): void => {
    log.write(isTold ? 'debug' : 'warn', 'cache.failed', { error: String(error) });
    isTold = true;
  };
  const remove = (): void => {
    for (const end of ['', '-wal', '-shm']) disk.remove(`${state.cache}${end}`);
  };
  return openSqliteBlobCache(state.cache, remove, onTrouble);
}

function openPublishing({ configuration, state, log, keys }: Ground, term: Term) {
  const shared = diskWhileLeading(disk, term);
  const store = new ArtifactStore(shared, state.artifacts);
  const timestampLifetimeMs = configuration.metadataExpiryHours! * 3_600_000;
  const online = new OnlineMetadata({ disk: shared, directory: `${state.artifacts}/tuf`, keys, timestampLifetimeMs });
  const ways = new SmallerWays({ store, compress: brotliInBackground, makeDelta: deltaInBackground(nodeThreads), log });
  return { store, online, ways, publisher: new RepositoryPublisher({ clock, store, online, ways }) };
}

/** The HTTPS door, open before this controller leads. `serve` has it answer for the one that does. */
async function openHttps({ configuration, log, authority, identity, guard }: Ground, place: StatePlace) {
  let handler = standByApi(() => place.leader());
  const server = await startHttpServer({
    host: configuration.http!.host!,
    port: configuration.http!.port!,
    certificate: identity.certificate,
    key: identity.key,
    authority: authority.certificate,
    identify: certificateIdentity,
    handler: (request, peer, signal) => handler(request, peer, signal),
    bodyBytesMax,
    onFailure: (subject, error) => guard.tell('http', subject, error),
    beforeHandshakes: (listener) =>
      fairHandshakes(listener, { clock, onTurnedAway: (address, error) => guard.tell('http', address, error) }),
    log,
  });
  const serve = (api: HttpHandler): void => {
    handler = api;
  };
  return { server, serve };
}

type HttpsDoor = Awaited<ReturnType<typeof openHttps>>;

function openApi(ground: Ground, controller: Controller, term: Term): HttpHandler {
  const { configuration, state, authority, guard, apiToken } = ground;
  const { authorize, onRefusal } = controller;
  const { webhookSecret } = configuration.source;
  return createApi({
    artifacts: serveArtifacts(disk, state.artifacts),
    status: (query) => controller.status(query),
    changes: controller.changes,
    clock,
    acceptRevision: (name) => controller.acceptRevision(name),
    enrol: (request, address) => enrol({ authority, authorize, onRefusal }, request, address),
    notifyPush: () => void guard.run('http', 'webhook', () => controller.poll()),
    enrolments: enrolmentLimits(() => clock.monotonic()),
    readiness: () => ({ isReady: term.isHeld(), leader: term.leader }),
    ...{ authorize, onRefusal, apiToken },
    ...(webhookSecret === undefined ? {} : { webhookSecret }),
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

/** A server that listens everywhere is reached by a name that its certificate holds. */
function reachableUrl(listening: string, hostname: string): string {
  return listening.replace(/\/\/(0\.0\.0\.0|\[?::\]?):/, `//${hostname}:`);
}

/** For the command line of the user who runs this, where there is such a person. */
function announceHere({ configuration, state, log }: Ground, controller: string): Disposable | undefined {
  const directory = announcementDirectory(process.env);
  if (directory === undefined) return undefined;
  const { url: source } = configuration.source;
  const where = {
    controller: reachableUrl(controller, configuration.hostnames![0]!),
    ca: state.authorityCertificate,
    tokenFile: state.apiToken,
    source,
  };
  try {
    return announce(disk, directory, configuration.stateDirectory!, where);
  } catch (error) {
    log.write('warn', 'controller.not-announced', { reason: (error as Error).message });
    return undefined;
  }
}

/** Serves for as long as this controller leads, and is not told to stop. */
async function serveTerm(opened: Ground, https: HttpsDoor, term: Term, stopped: Promise<void>): Promise<void> {
  const { configuration, log, guard } = opened;
  // It may have stood by for long.
  const ground = { ...opened, identity: await opened.authority.serverIdentity(configuration.hostnames!) };
  const { server } = https;
  server.renewIdentity(ground.identity.certificate, ground.identity.key);
  const cache = openCache(ground);
  const { store, online, ways, publisher } = openPublishing(ground, term);
  // Broker and controller need each other: what the broker asks is answered by the controller made below.
  const broker = openBroker(
    ground,
    (device, fingerprint) => controller.authorize(device, fingerprint),
    (refusal) => controller.onRefusal(refusal),
  );
  const { bus, embedded } = broker;
  const ends = () => [...publisher.ends(), ...ground.authority.ends()];
  const controller: Controller = await createController({
    ...{ clock, log, publisher, cache, state: term.state },
    source: openGitSource(ground),
    publish: async ({ topic, payload }) => {
      assertLeading(term);
      await bus.publish(topic, payload);
    },
    sign: (deployment) => signDeployment(deployment, ground.keys.deployment),
    putBlob: (bytes) => store.put(bytes),
    tellsConnections: embedded !== undefined,
    keyId: ground.keys.deployment.keyId,
    reauthorize: broker.reauthorize,
    ends,
    ...(broker.brokerStatus && { brokerStatus: broker.brokerStatus }),
  });
  await controller.start();
  embedded?.onConnection((contact) => controller.onContact(contact));
  await openShadowDoor({ bus, guard, take: controller.onRequest });
  await broker.listen();
  https.serve(openApi(ground, controller, term));
  const { host } = configuration.http!;
  const endpoints = { controller: `https://${hostAndPort(host!, server.port)}`, mqtt: broker.url() };
  // On a full disk it runs as well: who set up agents before has what the file says.
  await guard.run('http', 'endpoints.json', () => writeEndpoints(ground.state, endpoints));
  using _announced = announceHere(ground, endpoints.controller);
  log.write('info', 'controller.ready', endpoints);
  using _fresh = keepFresh(online, clock, log);
  using _told = logExpiry(ends, clock, log);
  const logger = scheduleLogger(log);
  const polling = schedule(configuration.source.schedule!, () => guard.run('timer', 'poll', () => controller.poll()), {
    logger,
  });
  const renewing = schedule(
    renewalSchedule,
    () =>
      guard.run('timer', 'renew', async () => {
        const ours = await ground.authority.serverIdentity(configuration.hostnames!);
        server.renewIdentity(ours.certificate, ours.key);
        broker.renewIdentity(ours);
      }),
    { logger },
  );
  const collecting = schedule(
    collectionSchedule,
    () => guard.run('timer', 'collect', () => controller.collectGarbage()),
    { logger },
  );
  void guard.run('timer', 'poll', () => controller.poll());
  await stopped;
  log.write('info', 'controller.stopping');
  await Promise.all([polling, renewing, collecting].map((task) => task.destroy()));
  await server.close();
  await ways.stop();
  await controller.stop();
  await bus.close();
  cache.close();
}

async function run(configuration: ControllerConfiguration, log: Log): Promise<void> {
  const { state, place } = await openPlace(configuration, log);
  const ground = await place.alone(() => openGround(configuration, log, state, place.wasLed));
  const https = await openHttps(ground, place);
  const stopped = untilStopped();
  const stopping = new AbortController();
  void stopped.then(() => stopping.abort());
  const term = await place.lead(stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  if (term === undefined) return place.close();
  // Whoever has lost the lead acts no more: what is remembered may be behind. It ends at once, and starts anew.
  const lost = term.lost.then((error) => Promise.reject(error));
  await Promise.race([serveTerm(ground, https, term, stopped), lost]);
  await term.end();
}

/** The one argument that is no setting: what `fleet controller new-authority` asks for. */
const newAuthorityArgument = '--new-authority';
const given = process.argv.slice(2);
const { file, flags, unknown } = parseProgramArguments(given.filter((argument) => argument !== newAuthorityArgument));
try {
  if (unknown.length > 0) throw new Error(`unknown arguments: ${unknown.join(' ')}`);
  const { value, warnings } = await loadConfiguration('controller', {
    directory: process.cwd(),
    environment: process.env,
    flags,
    ...(file === undefined ? {} : { file }),
  });
  const log = openLog(clock, 'info');
  for (const warning of warnings) log.write('warn', 'configuration.unknown-variable', { warning });
  if (given.includes(newAuthorityArgument)) await newAuthority(value, log);
  else await run(value, log);
  process.exit(0);
} catch (error) {
  process.stderr.write(`fleet controller: ${error instanceof Error ? error.message : String(error)}\n`);
  if (process.env.FLEET_DEBUG !== undefined) process.stderr.write(`${(error as Error).stack}\n`);
  process.exit(1);
}
