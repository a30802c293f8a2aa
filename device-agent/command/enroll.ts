import { basename, dirname } from 'node:path/posix';
import { writeFileDurably } from '../../platform/durable-file.ts';
import { mqttsPort } from '../../platform/host-and-port.ts';
import type { Clock, Disk, Network, Random } from '../../platform/ports.ts';
import { printable } from '../../platform/printable.ts';
import { resolveConfiguration } from '../../schemas/configuration.ts';
import type { AgentConfiguration } from '../../schemas/generated/types.ts';
import { backoffMs } from '../download/backoff.ts';
import { readBornRoot } from '../download/born-root.ts';
import { enrol } from '../enrol.ts';
import { DeviceIdentityStore, keyInManifest } from '../enrol-identity.ts';
import { defaultStateDirectory } from '../state-layout.ts';
import { readIfPossible } from '../storage/unreadable.ts';
import { type BrokerAddress, parseBrokerAddress } from '../transport/broker-address.ts';

/** What enrolment needs of the machine. */
export interface EnrollPorts {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: Random;
  readonly openNetwork: (identity: { readonly ca: string }) => Network;
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
  /** The agent's section of a configuration file. */
  readonly readConfiguration: (file: string) => Promise<AgentConfiguration>;
}

export interface EnrollOptions {
  readonly device: string;
  readonly controller: string;
  /** Paths of files to trust: the fleet's authority, and the TUF root metadata. */
  readonly ca: string;
  readonly trustRoot: string;
  /** As `parseBrokerAddress` reads it; the controller's host when it is not given. */
  readonly mqtt?: string;
  /** Absolute path for fleet.config.yaml and the files it names. */
  readonly directory: string;
  /** Where the configuration that is there says, else `stateDirectoryUsual`, when it is not given. */
  readonly stateDirectory?: string;
  readonly stateDirectoryUsual: string;
  /** Go on asking until git names the key. */
  readonly wait: boolean;
}

/** What became of it, for the exit code. */
export type EnrollOutcome = 'enrolled' | 'refused' | 'unreachable';

/** Asking costs a handshake, of about 6 KB: somebody who waits at the keyboard is answered soon, and an hour costs less than 100 KB. */
const askAgainMsMax = 5 * 60_000;
const configurationName = 'fleet.config.yaml';

/** What `--mqtt` names, else the controller's host; undefined when it is no address. */
function brokerOf({ controller, mqtt }: EnrollOptions): BrokerAddress | undefined {
  return parseBrokerAddress(mqtt ?? URL.parse(controller)?.hostname ?? '');
}

/** Options with the state directory settled, and the configuration that was there. */
type Settled = EnrollOptions & { readonly stateDirectory: string; readonly kept?: AgentConfiguration };

/**
 * State has one place: where a configuration is there already, the agent will use what it says, so a key made anywhere else would
 * never be used. Throws when what is asked for is not what is there.
 */
async function settle(ports: EnrollPorts, options: EnrollOptions): Promise<Settled> {
  const file = `${options.directory}/${configurationName}`;
  if (ports.disk.stat(file) === undefined) {
    return { ...options, stateDirectory: options.stateDirectory ?? options.stateDirectoryUsual };
  }
  const kept = await ports.readConfiguration(file);
  const keptDirectory = kept.stateDirectory ?? defaultStateDirectory;
  const { device, stateDirectory = keptDirectory } = options;
  if (kept.device !== device || keptDirectory !== stateDirectory) {
    const [is, asked] = [`device ${kept.device} with its state in ${keptDirectory}`, `${device} in ${stateDirectory}`];
    throw new Error(`${file} is for ${is}, not for ${asked}; remove it, or name another --directory`);
  }
  return { ...options, stateDirectory, kept };
}

/** The certificates that are to be trusted; a file without any would have the agent reach nobody. */
function readAuthority(disk: Disk, file: string): string {
  const text = disk.stat(file)?.kind === 'file' ? new TextDecoder().decode(disk.readFile(file)) : undefined;
  if (text?.includes('-----BEGIN CERTIFICATE-----') === true) return text;
  const what = text === undefined ? 'there is no such file' : 'it holds no certificate in PEM';
  throw new Error(`the authority ${file} can't be used: ${what}; the controller has it as authority/ca.pem`);
}

function requireOwnKey(identity: DeviceIdentityStore, { device, stateDirectory }: Settled): void {
  const owner = identity.otherOwner(device);
  if (owner === undefined) return;
  throw new Error(
    `the key in ${stateDirectory} is the one of device ${owner}, not of ${device}; name another --state, or remove ${stateDirectory} if ${owner} is no more`,
  );
}

/** What would be written is refused here, where somebody can still mend it, and not when the agent starts. */
function refuseWrongOptions(options: Settled): void {
  const { device, controller, mqtt, stateDirectory } = options;
  const broker = brokerOf(options);
  const port = broker?.port === undefined ? {} : { port: Number(broker.port) };
  const agent = {
    device,
    stateDirectory,
    controller,
    mqtt: { host: broker?.host ?? '', ...port },
    ca: '',
    trustRoot: '',
  };
  const given = { file: { agent }, environment: {}, flags: {}, resolvePath: (path: string) => path };
  const judged = resolveConfiguration('agent', given);
  const faults = 'faults' in judged ? judged.faults.map(({ key, message }) => `${key} ${message}`) : [];
  if (faults.length === 0 && !URL.canParse(controller))
    faults.push(
      `agent.controller is no URL: "${controller}"; no address with a zone (%) is in one, a name may lead there`,
    );
  if (mqtt !== undefined && broker === undefined)
    faults.push(`agent.mqtt must be HOST or HOST:PORT or [IPV6]:PORT, not "${mqtt}"`);
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

function configurationText(options: Settled): string {
  const { device, controller, stateDirectory } = options;
  const { host = '', port } = brokerOf(options) ?? {};
  const lines = [
    'agent:',
    `  device: ${device}`,
    `  stateDirectory: ${JSON.stringify(stateDirectory)}`,
    `  controller: ${JSON.stringify(controller)}`,
    '  mqtt:',
    `    host: ${JSON.stringify(host)}`,
    ...(port === undefined ? [] : [`    port: ${port}`]),
    '  ca: ca.pem',
    '  trustRoot: root.json',
  ];
  return `${lines.join('\n')}\n`;
}

/** Writes the agent's configuration and the files it trusts; leaves a configuration that is there as it is. */
function writeConfiguration(disk: Disk, options: Settled): 'written' | 'kept' {
  const { directory } = options;
  disk.makeDirectory(directory);
  if (disk.stat(`${directory}/${configurationName}`) !== undefined) return 'kept';
  const copies = { 'ca.pem': options.ca, 'root.json': options.trustRoot };
  for (const [name, from] of Object.entries(copies)) {
    if (from !== `${directory}/${name}`) writeFileDurably(disk, directory, name, disk.readFile(from));
  }
  writeFileDurably(disk, directory, configurationName, new TextEncoder().encode(configurationText(options)));
  return 'written';
}

/** What the controller says of its broker is written where nobody said otherwise; a configuration by another hand stays as it is. */
async function learnBroker(ports: EnrollPorts, options: Settled, { host, port }: BrokerAddress): Promise<void> {
  const { disk, print, readConfiguration } = ports;
  const file = `${options.directory}/${configurationName}`;
  const { mqtt } = await readConfiguration(file);
  if (options.mqtt !== undefined || (mqtt.host === host && String(mqtt.port ?? mqttsPort) === port)) return;
  if (new TextDecoder().decode(disk.readFile(file)) !== configurationText(options)) {
    print(`The controller says that its MQTT broker is ${host}, port ${port}: see what ${file} says of agent.mqtt.\n`);
    return;
  }
  const learnt = configurationText({ ...options, mqtt: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}` });
  writeFileDurably(disk, options.directory, configurationName, new TextEncoder().encode(learnt));
  print(`${file} now says that the MQTT broker is ${host}, port ${port}, as the controller told.\n`);
}

/** What was given to be trusted takes the place of what a kept configuration names, once a controller has answered under it. */
function trustAnew({ disk, print }: EnrollPorts, { ca, trustRoot, controller, kept }: Settled): void {
  if (kept === undefined) return;
  for (const [from, to] of [
    [ca, kept.ca],
    [trustRoot, kept.trustRoot],
  ] as const) {
    const bytes = disk.readFile(from);
    const before = readIfPossible(() => (disk.stat(to) === undefined ? undefined : disk.readFile(to)));
    if (before !== undefined && Buffer.from(before).equals(bytes)) continue;
    writeFileDurably(disk, dirname(to), basename(to), bytes);
    print(`${to} is now what ${from} is.\n`);
  }
  if (kept.controller !== controller)
    print(`The configuration says that the controller is ${kept.controller}, not ${controller}: see which is right.\n`);
}

/** Makes the device's key where there is none, says what to write into its manifest, and asks for a certificate. */
export async function enroll(ports: EnrollPorts, asked: EnrollOptions): Promise<EnrollOutcome> {
  const { clock, disk, print, signal } = ports;
  const options = await settle(ports, asked);
  const { device, controller, directory, stateDirectory } = options;
  refuseWrongOptions(options);
  // Here somebody can still mend it: the agent would find out at its first update.
  readBornRoot(disk, options.trustRoot);
  const ca = readAuthority(disk, options.ca);
  const identity = new DeviceIdentityStore(disk, stateDirectory);
  requireOwnKey(identity, options);
  identity.claim(device);
  const { keyFingerprint, publicKey } = keyInManifest(identity.key());
  print(`In the manifest of device ${device}:\n\n  keyFingerprint: ${keyFingerprint}\n  publicKey: ${publicKey}\n\n`);
  const written = writeConfiguration(disk, options);
  print(`${directory}/${configurationName} ${written === 'kept' ? 'was there and stays as it is' : 'is written'}.\n`);
  const enrolment = { device, controller, identity, network: ports.openNetwork({ ca }) };
  let last: string | undefined;
  for (let asked = 1; ; asked++) {
    const result = await enrol(enrolment, signal);
    if (result.kind === 'enrolled') {
      print(`${device} has its certificate.\n`);
      trustAnew(ports, options);
      if (result.broker !== undefined) await learnBroker(ports, options, result.broker);
      return 'enrolled';
    }
    if (result.message !== last) print(`No certificate yet: ${printable(result.message)}.\n`);
    last = result.message;
    if (!options.wait || signal.aborted) return result.kind;
    await clock.sleep(backoffMs(asked, ports.random, askAgainMsMax), signal).catch(() => {});
  }
}
