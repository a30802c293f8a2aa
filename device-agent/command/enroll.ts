import { writeFileDurably } from '../../platform/durable-file.ts';
import type { Clock, Disk, Network, Random } from '../../platform/ports.ts';
import { readBornRoot } from '../download/born-root.ts';
import { enrol } from '../enrol.ts';
import { DeviceIdentityStore, keyFingerprint } from '../enrol-identity.ts';

/** What enrolment needs of the machine. */
export interface EnrollPorts {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: Random;
  readonly openNetwork: (identity: { readonly ca: string }) => Network;
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface EnrollOptions {
  readonly device: string;
  readonly controller: string;
  /** Paths of files to trust: the fleet's authority, and the TUF root metadata. */
  readonly ca: string;
  readonly trustRoot: string;
  /** `HOST` or `HOST:PORT`; the controller's host when it is not given. */
  readonly mqtt?: string;
  /** Absolute path for fleet.config.yaml and the files it names. */
  readonly directory: string;
  readonly stateDirectory: string;
  /** Go on asking until git names the key. */
  readonly wait: boolean;
}

/** What became of it, for the exit code. */
export type EnrollOutcome = 'enrolled' | 'refused' | 'unreachable';

const retryMs = 5_000;
const configurationName = 'fleet.config.yaml';

function configurationText({ device, controller, mqtt, stateDirectory }: EnrollOptions): string {
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(mqtt ?? new URL(controller).hostname) ?? [];
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
function writeConfiguration(disk: Disk, options: EnrollOptions): 'written' | 'kept' {
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

/** Makes the device's key where there is none, says what to write into its manifest, and asks for a certificate. */
export async function enroll(ports: EnrollPorts, options: EnrollOptions): Promise<EnrollOutcome> {
  const { clock, disk, print, signal } = ports;
  const { device, controller, directory, stateDirectory } = options;
  // Here somebody can still mend it: the agent would find out at its first update.
  readBornRoot(disk, options.trustRoot);
  const identity = new DeviceIdentityStore(disk, stateDirectory);
  print(`In the manifest of device ${device}:\n\n  keyFingerprint: ${keyFingerprint(identity.key())}\n\n`);
  const written = writeConfiguration(disk, options);
  print(`${directory}/${configurationName} ${written === 'kept' ? 'was there and stays as it is' : 'is written'}.\n`);
  const ca = new TextDecoder().decode(disk.readFile(options.ca));
  const enrolment = { device, controller, identity, network: ports.openNetwork({ ca }) };
  let last: string | undefined;
  for (;;) {
    const result = await enrol(enrolment, signal);
    if (result.kind === 'enrolled') {
      print(`${device} has its certificate.\n`);
      return 'enrolled';
    }
    if (result.message !== last) print(`No certificate yet: ${result.message}.\n`);
    last = result.message;
    if (!options.wait || signal.aborted) return result.kind;
    await clock.sleep(retryMs, signal).catch(() => {});
  }
}
