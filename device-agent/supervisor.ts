/** The supervisor on this machine: what stays of the agent once its configuration is known. */
import { fileURLToPath } from 'node:url';
import { bareHost, mqttsPort } from '../platform/host-and-port.ts';
import { hasFewAddresses } from '../platform/node/address-space.ts';
import { reachAnyWay } from '../platform/node/any-way.ts';
import { nodeClock } from '../platform/node/clock.ts';
import { openConfinement } from '../platform/node/confinement.ts';
import { nodeDisk } from '../platform/node/disk.ts';
import { nodeLineDoors } from '../platform/node/line-door.ts';
import { takeLock } from '../platform/node/lock.ts';
import { openLog } from '../platform/node/log.ts';
import { machineBoot } from '../platform/node/machine-boot.ts';
import { networkWays } from '../platform/node/network-ways.ts';
import { processRoom } from '../platform/node/process-room.ts';
import { nodeProcesses } from '../platform/node/processes.ts';
import { nodeRandom } from '../platform/node/random.ts';
import { nodeRelays, openRelays } from '../platform/node/relay.ts';
import { nodeSegments } from '../platform/node/segments.ts';
import { onStarterGone } from '../platform/node/starter-gone.ts';
import { nodeSurroundings } from '../platform/node/surroundings.ts';
import type { CountTravel, Log, LogLevel, Relays } from '../platform/ports.ts';
import type { AgentConfiguration, AgentHttpConfiguration } from '../schemas/generated/types.ts';
import { createAgent } from './agent.ts';
import { CertificateDoubts } from './certificate-doubts.ts';
import { clearMemory, quietMs } from './clear-memory.ts';
import { CourierProcess } from './courier/courier-process.ts';
import { ReadyingCourier } from './courier/readying-courier.ts';
import { deviceSecrets, messagesSigner, receiptSigner } from './device-secrets.ts';
import { DeviceIdentityStore } from './enrol-identity.ts';
import { keepCertificate } from './enrol-renewal.ts';
import { keyExchange } from './key-exchange.ts';
import { DoorKeeper } from './neighbours/door-keeper.ts';
import type { OwnTime } from './own-time.ts';
import { Quiet } from './quiet.ts';
import { keepAliveSecondsUsual, pollSecondsUsual, withoutBrokerFirstMs } from './rhythm.ts';
import { firstRun } from './runtime/first-run.ts';
import { openRuntime } from './runtime/open-runtime.ts';
import { defaultStateDirectory, stateLayout } from './state-layout.ts';
import { AwsShadowLink, type AwsShadowLinkOptions } from './transport/aws-shadow-link.ts';
import { isOfCertificate } from './transport/link-trouble.ts';
import type { AskNews, NewsReply } from './transport/news.ts';
import { NewsLink } from './transport/news-link.ts';
import type { ShadowLink } from './transport/shadow-link.ts';
import { StayingLink } from './transport/staying-link.ts';
import { agentVersion } from './version.ts';

const exitCode = { failed: 1, locked: 75 };
const isBundled = !import.meta.url.endsWith('.ts');

function end(code: number, message: string): never {
  process.stderr.write(`fleet agent: ${message}\n`);
  process.exit(code);
}

/** A program of the agent's beside this one: in the bundle by its own name, in a checkout where it begins. */
function programFile(bundled: string, source: string): string {
  return fileURLToPath(new URL(isBundled ? bundled : source, import.meta.url));
}

function doorPlace({ host = '127.0.0.1', port }: AgentHttpConfiguration) {
  return { file: programFile('./http-door.js', './runtime/http/main.ts'), host: bareHost(host), port };
}

/** The processes that applications run in, and what makes modules ready for them. */
function openHosts(
  { device, http, machine = {} }: AgentConfiguration,
  stateDirectory: string,
  identity: DeviceIdentityStore,
  log: Log,
) {
  const { runtimeDirectory, preparedDirectory } = stateLayout(stateDirectory);
  return openRuntime({
    ...{ processes: nodeProcesses, disk: nodeDisk, confinement: openConfinement() },
    ...{ clock: nodeClock, random: nodeRandom, log },
    ...{ directory: runtimeDirectory, preparedDirectory, hasFewAddresses: hasFewAddresses() },
    ...{ openSecret: deviceSecrets(identity, device), machine },
    hostFile: programFile('./app-host.js', './runtime/host/main.ts'),
    prepareFile: programFile('./prepare.js', './runtime/prepare/main.ts'),
    ...(http === undefined ? {} : { door: doorPlace(http) }),
  });
}

const withoutCertificate: NewsReply = {
  kind: 'unanswered',
  trouble: { kind: 'unready', message: 'this device has no certificate yet' },
};

/** By which ways the broker is reached. */
function openWays({ device, neighbours }: AgentConfiguration, identity: AwsShadowLinkOptions['identity']): Relays {
  const addresses = neighbours?.gateways ?? [];
  if (addresses.length === 0) return nodeRelays;
  return openRelays(reachAnyWay({ addresses, device, identity: () => ({ ...identity(), keyExchange }) }));
}

/** The device's line to its controller, as its configuration has it. */
function openLink(
  configuration: AgentConfiguration,
  identity: DeviceIdentityStore,
  ports: Pick<AwsShadowLinkOptions, 'clock' | 'random' | 'log' | 'due'>,
  courier: () => CourierProcess,
): ShadowLink {
  const { device, mqtt, contact = {} } = configuration;
  const { mode, intervalSeconds = pollSecondsUsual } = contact;
  const mostMs = intervalSeconds * 1000;
  const ask: AskNews = async (question, signal) =>
    identity.texts() === undefined ? withoutCertificate : courier().news(question, signal);
  const asking = { ...ports, ask, send: (part: Uint8Array, signal: AbortSignal) => courier().part(part, signal) };
  if (mode === 'poll') return new NewsLink({ ...asking, why: 'plan', rhythm: { fromMs: mostMs, mostMs } });
  // The authority is read at each connect: without it there is no link, but what the device has runs.
  const deviceIdentity = () => {
    const texts = identity.texts();
    return texts && { ca: new TextDecoder().decode(nodeDisk.readFile(configuration.ca)), ...texts };
  };
  const session = new AwsShadowLink({
    ...{ device, host: bareHost(mqtt.host), port: mqtt.port ?? mqttsPort },
    keepAliveSeconds: mqtt.keepAliveSeconds ?? keepAliveSecondsUsual,
    wayOut: () => nodeSurroundings.interface(),
    ...{ identity: deviceIdentity, relays: openWays(configuration, deviceIdentity) },
    ...{ room: processRoom, ...ports, restMs: () => link.restMs },
  });
  const rhythm = { fromMs: Math.min(withoutBrokerFirstMs, mostMs), mostMs };
  const openNews = (): NewsLink => new NewsLink({ ...asking, why: 'no-mqtt', rhythm });
  const link: StayingLink = new StayingLink({ clock: nodeClock, session, openNews });
  return link;
}

/** What the door tells and asks of links, where it lets others over them. */
interface DoorLinks {
  readonly countTravel: CountTravel;
  readonly closed: () => string | undefined;
}

/** What gives modules to other devices, and may let them through; undefined where the configuration says nowhere. */
function openDoor(
  configuration: AgentConfiguration,
  stateDirectory: string,
  log: Log,
  links: DoorLinks,
): DoorKeeper | undefined {
  const listen = configuration.neighbours?.listen;
  if (listen === undefined) return undefined;
  return new DoorKeeper({
    ...{ processes: nodeProcesses, clock: nodeClock, random: nodeRandom, log },
    ...(listen.gateway === true ? links : {}),
    file: programFile('./neighbour-door.js', './neighbours/main.ts'),
    args: [JSON.stringify({ ...configuration, stateDirectory })],
  });
}

/** Puts the agent's parts together on this machine; nothing runs yet. */
function assemble(configuration: AgentConfiguration, stateDirectory: string, log: Log) {
  const identity = new DeviceIdentityStore(nodeDisk, stateDirectory);
  const common = { clock: nodeClock, random: nodeRandom, log };
  const { runtime, prepared } = openHosts(configuration, stateDirectory, identity, log);
  const due = (): Promise<void> => firstRun(runtime, nodeClock);
  let countTravel!: CountTravel;
  const door = openDoor(configuration, stateDirectory, log, {
    countTravel: (bytes, via) => countTravel(bytes, via),
    closed: () => agent.closedToModules(),
  });
  const doubts = new CertificateDoubts(nodeClock);
  let courier!: CourierProcess;
  let time!: OwnTime;
  const link = openLink(configuration, identity, { ...common, due }, () => courier);
  const quiet = new Quiet(nodeClock, quietMs, clearMemory);
  const agent = createAgent({
    ports: { ...common, disk: nodeDisk },
    openCourier: ({ pathOf, ...shared }) => {
      ({ countTravel, time } = shared);
      courier = new CourierProcess({
        ...{ processes: nodeProcesses, ...common, ...shared, due, segments: nodeSegments },
        onWants: (wants) => door?.want(wants),
        file: programFile('./courier.js', './courier/main.ts'),
        args: [JSON.stringify({ ...configuration, stateDirectory })],
      });
      return new ReadyingCourier({ courier, prepared, pathOf });
    },
    ...{
      configuration,
      runtime,
      link,
      ways: networkWays,
      surroundings: nodeSurroundings,
      doors: nodeLineDoors,
      signReceipt: receiptSigner(identity, configuration.device),
      signMessages: messagesSigner(identity),
      agentVersion,
    },
    machineBoot: machineBoot(),
    onActivity: () => quiet.stir(),
    onTrouble: ({ kind }) => {
      if (isOfCertificate(kind)) doubts.raise();
    },
    // A session that is there lives on with a certificate that has ended since, and nothing else would tell.
    onNotLetIn: () => doubts.raise(),
  });
  const renew = (signal: AbortSignal): Promise<void> =>
    keepCertificate(
      {
        ...{ validity: () => identity.validity(), nowMs: () => time.likelyMs(), doubts, ...common },
        enrol: (until) => courier.enrol(until),
        // It counts from the next connect on.
        onRenewed: () => link.lookAgain(),
      },
      signal,
    );
  const start = (): void => {
    agent.start();
    void due().then(() => door?.start());
  };
  const stop = async (): Promise<void> => {
    const stopped = agent.stop();
    courier.stop();
    door?.stop();
    await stopped;
  };
  return { start, renew, stop };
}

function stopOnSignals(stopAll: () => Promise<void>, stopping: AbortController, log: Log): void {
  const stop = (reason: string): void => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    log.write('info', 'agent.stopping', { reason });
    // What a library still holds open must not keep a stopped agent.
    void stopAll().finally(() => process.exit());
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  onStarterGone(() => stop('the program that started it is gone'));
}

/** Runs the agent until it is told to stop. */
export async function supervise(configuration: AgentConfiguration): Promise<void> {
  const stateDirectory = configuration.stateDirectory ?? defaultStateDirectory;
  const log = openLog(nodeClock, (process.env.FLEET_LOG_LEVEL ?? 'info') as LogLevel);
  try {
    nodeDisk.makeDirectory(stateDirectory);
    if (takeLock(stateDirectory, 'agent') === undefined) {
      end(
        exitCode.locked,
        `another agent runs on ${stateDirectory}; stop it, or give this one a stateDirectory of its own`,
      );
    }
    const { start, renew, stop } = assemble(configuration, stateDirectory, log);
    const stopping = new AbortController();
    stopOnSignals(stop, stopping, log);
    start();
    log.write('info', 'agent.started', { device: configuration.device, pid: process.pid });
    await renew(stopping.signal);
  } catch (error) {
    end(exitCode.failed, error instanceof Error ? error.message : String(error));
  }
}
