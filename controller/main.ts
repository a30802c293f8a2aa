/**
 * The controller as a program: wires the rooms to this machine and runs until SIGTERM or SIGINT, or until the program
 * that started it is gone. `--config FILE` names the configuration, and every key of its section is a flag.
 */
import { type Logger as ScheduleLogger, schedule } from 'node-cron';
import { hostAndPort } from '../platform/host-and-port.ts';
import { nodeClock as clock } from '../platform/node/clock.ts';
import { loadConfiguration } from '../platform/node/configuration.ts';
import { openLog } from '../platform/node/log.ts';
import { parseProgramArguments } from '../platform/node/program-arguments.ts';
import { ProgramStarter } from '../platform/node/program-starter.ts';
import { untilStopped } from '../platform/node/until-stopped.ts';
import type { Log } from '../platform/ports.ts';
import type { ControllerConfiguration } from '../schemas/generated/types.ts';
import { authorizeSubscribers } from './authority/subscribers.ts';
import { createController } from './controller.ts';
import type { Controller, ControllerParts } from './controller-parts.ts';
import { readinessOf } from './doors/http/readiness.ts';
import type { Watched } from './doors/http/watch-door.ts';
import { openMessageDoor } from './doors/mqtt/message-door.ts';
import { ParcelDoor } from './doors/mqtt/parcel-door.ts';
import { openShadowDoor, say } from './doors/mqtt/shadow-door.ts';
import { logExpiry } from './expiry/expiry-log.ts';
import { fleetFamilies } from './metrics/fleet-families.ts';
import { stateFamilies } from './metrics/process-families.ts';
import { TimedState } from './metrics/timed-state.ts';
import { keepFresh } from './publishing/keep-fresh.ts';
import { signDeployment } from './publishing/sign-deployment.ts';
import type { Term } from './state/leadership.ts';
import { assertLeading } from './state/while-leading.ts';
import { openBroker } from './wiring/broker.ts';
import { announceHere, writeEndpoints } from './wiring/endpoints.ts';
import { type Ground, newAuthority, openGround, openPlace } from './wiring/ground.ts';
import { type HttpsDoor, openApi, openHttps } from './wiring/https.ts';
import { openOutlets } from './wiring/outlets.ts';
import { openCache, openGitSource, openJudged, openPublishing } from './wiring/publishing.ts';
import { openServing } from './wiring/serving.ts';
import { Watch } from './wiring/watch.ts';

/** The server certificate is looked at this often, also on a machine that sleeps at night; it is renewed long before it expires. */
const renewalSchedule = '17 * * * *';

/** Artifacts that nobody needs any more go at the second look. */
const collectionSchedule = '43 * * * *';

/** node-cron tells of late and missed runs in a format of its own; here they are lines like all others. */
function scheduleLogger(log: Log): ScheduleLogger {
  const write = (level: 'debug' | 'warn') => (message: string | Error) =>
    log.write(level, 'schedule.said', { message: String(message) });
  return { info: write('debug'), debug: write('debug'), warn: write('warn'), error: write('warn') };
}

/** Open before this controller leads. */
interface EarlyDoors {
  readonly https: HttpsDoor;
  readonly watch: Watch;
}

/** Serves for as long as this controller leads, and is not told to stop. */
async function serveTerm(opened: Ground, { https, watch }: EarlyDoors, term: Term, stopped: Promise<void>) {
  const { configuration, log, guard } = opened;
  // It may have stood by for long.
  const ground = { ...opened, identity: await opened.authority.serverIdentity(configuration.hostnames!) };
  const { server } = https;
  server.renewIdentity(ground.identity.certificate, ground.identity.key);
  // Before anything is loaded.
  using programs = new ProgramStarter();
  const cache = openCache(ground);
  const { files, store, online, ways, publisher } = openPublishing(ground, term);
  // Broker and controller need each other: what the broker asks is answered by the controller made below.
  const { subscribers = [] } = configuration.channels?.mqtt ?? {};
  const broker = await openBroker(
    ground,
    authorizeSubscribers(subscribers, (device, fingerprint) => controller.authorize(device, fingerprint)),
    (refusal) => controller.onRefusal(refusal),
  );
  const { bus, embedded } = broker;
  const publish: ControllerParts['publish'] = async (message) => {
    assertLeading(term);
    await say(bus, message);
  };
  const outlets = openOutlets(ground, term, publish);
  const state = new TimedState(term.state, clock);
  const controller: Controller = await createController({
    ...{ clock, log, publisher, deltas: ways, cache, judged: openJudged(ground), state, publish },
    outlets: outlets.all,
    source: openGitSource(ground, programs),
    sign: (deployment) => signDeployment(deployment, ground.keys.deployment),
    putBlob: (bytes) => store.put(bytes),
    tellsConnections: embedded !== undefined,
    keyId: ground.keys.deployment.keyId,
    reauthorize: broker.reauthorize,
    ends: () => [...publisher.ends(), ...ground.authority.ends()],
    ...(broker.brokerStatus && { brokerStatus: broker.brokerStatus }),
  });
  await controller.start();
  embedded?.onConnection((contact) => controller.onContact(contact));
  const { knowsDevice: knows, onBatch: take, onRefusal } = controller;
  const serving = openServing(ground, controller, files);
  const parcels = new ParcelDoor({ clock, knows, fill: serving.fill, say: publish });
  await openShadowDoor({ bus, guard, take: controller.onRequest, order: parcels.receive });
  const messages = await openMessageDoor({ bus, guard, clock, knows, take, say: publish, onRefusal });
  await broker.listen();
  const watched: Watched = {
    readMetrics: () =>
      watch.families(term.isHeld(), [...fleetFamilies(controller.readings()), ...stateFamilies(state)]),
    readiness: () => readinessOf({ isLeading: term.isHeld(), leader: term.leader, ...controller.health() }),
  };
  https.serve(openApi(ground, controller, serving, { ...broker, messages, ...watched }));
  watch.watched = watched;
  const { host } = configuration.http!;
  const endpoints = { controller: `https://${hostAndPort(host!, server.port)}`, mqtt: broker.url() };
  // On a full disk it runs as well: who set up agents before has what the file says.
  await guard.run('http', 'endpoints.json', () => writeEndpoints(ground.state, endpoints));
  using _announced = announceHere(ground, endpoints.controller);
  log.write('info', 'controller.ready', endpoints);
  using _fresh = keepFresh(online, clock, log);
  using _told = logExpiry(() => controller.ends(), clock, log);
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
  outlets.close();
  cache.close();
}

async function run(configuration: ControllerConfiguration, log: Log): Promise<void> {
  const { state, place } = await openPlace(configuration, log);
  const ground = await place.alone(() => openGround(configuration, log, state, place.wasLed));
  const https = await openHttps(ground, place);
  using watch = new Watch(place);
  await watch.open(ground);
  const stopped = untilStopped();
  const stopping = new AbortController();
  void stopped.then(() => stopping.abort());
  const term = await place.lead(stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  if (term === undefined) return place.close();
  // Whoever has lost the lead acts no more: what is remembered may be behind. It ends at once, and starts anew.
  const lost = term.lost.then((error) => Promise.reject(error));
  await Promise.race([serveTerm(ground, { https, watch }, term, stopped), lost]);
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
