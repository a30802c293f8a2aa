/**
 * Three networks that see nothing of the machine's own: the shore's, which is this process's; the device's, made anew at each
 * start of it; and one between them, in which the ends of the link are made, so that none of the two has a way around it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Meeting } from './link-program.ts';

/** The addresses of both ends. */
export const addresses = { shore: '10.77.0.1', device: '10.77.0.2' } as const;

/** The device's when it has moved. */
const newAddress = '10.77.0.3';

const hardware = { shore: '02:00:00:00:00:01', device: '02:00:00:00:00:02' } as const;

/** Where the kernel, in the network between, hands packets to the link's program, in the shore's. */
export const meeting: Meeting = {
  programAddress: '192.0.2.1',
  kernelAddress: '192.0.2.2',
  ports: { shore: 4001, device: 4002 },
};

type End = keyof typeof addresses;

/** Program and words to put before others, so that they run in a network of their own, inside a machine's of which they are root. */
export const ownNetwork = [
  ...['unshare', '--user', '--map-root-user', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'],
] as const;

/** What this machine lacks for it; undefined where nothing is missing. */
export function lackOfNetworks(): string | undefined {
  const [program, ...words] = ownNetwork;
  const between =
    'ip link add one type vxlan id 1 dstport 4001 remote 192.0.2.1 && ip link add two type veth peer name three';
  const { status, stderr, error } = spawnSync(program, [...words, 'sh', '-c', between], { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `no network of its own with VXLAN and veth: ${error?.message ?? stderr.trim().split('\n').at(-1)}`;
}

/** Runs it in the network of this process; throws with what it says where it fails. */
export function run(command: string): void {
  const { status, stderr } = spawnSync('sh', ['-ec', command], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stderr.trim()}`);
}

/** A network that is there for as long as its process. */
export class OwnNetwork {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  static async open(): Promise<OwnNetwork> {
    const network = new OwnNetwork(
      spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', 'sleep', 'infinity'], { stdio: 'ignore' }),
    );
    const ours = readlinkSync('/proc/self/ns/net');
    while (readlinkSync(`/proc/${network.pid}/ns/net`) === ours) await sleep(5);
    return network;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** Program and words to put before others, so that they run here. */
  get entry(): readonly string[] {
    return ['nsenter', '--target', String(this.pid), '--net', '--'];
  }

  run(command: string): void {
    const [program, ...words] = this.entry;
    const { status, stderr } = spawnSync(program!, [...words, 'sh', '-ec', command], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command}: ${stderr.trim()}`);
  }

  close(): void {
    this.#process.kill('SIGKILL');
  }
}

/** What both ends are given: the other one is found without asking, as behind a modem that is always there. */
function endOf(end: End, other: End): string {
  return [
    `ip link set ${end} address ${hardware[end]} gso_max_segs 1 up`,
    `ip addr add ${addresses[end]}/24 dev ${end}`,
    `ip neigh replace ${addresses[other]} lladdr ${hardware[other]} dev ${end} nud permanent`,
  ].join('; ');
}

/** Program and words to put before others, so that names are looked up on shore; `resolver` is a file that says so. */
function whoAsksTheShore(resolver: string): readonly string[] {
  const inItsPlace = `mount --bind '${resolver}' /etc/resolv.conf; exec "$0" "$@"`;
  return ['unshare', '--mount', 'sh', '-ec', inItsPlace];
}

/** The networks of one shore and one device. */
export class Networks {
  readonly #between: OwnNetwork;
  readonly #resolver: string;
  #device: OwnNetwork | undefined;

  private constructor(between: OwnNetwork, resolver: string) {
    this.#between = between;
    this.#resolver = resolver;
  }

  /** In a process that was started by `ownNetwork`; leaves a file in `directory`. */
  static async open(directory: string): Promise<Networks> {
    const resolver = `${directory}/resolv.conf`;
    writeFileSync(resolver, `nameserver ${addresses.shore}\n`);
    const networks = new Networks(await OwnNetwork.open(), resolver);
    run(
      `ip link set lo up; ip link add between mtu 9000 type veth peer name kernel netns ${networks.#between.pid};
      ip addr add ${meeting.programAddress}/30 dev between; ip link set between up`,
    );
    networks.#between.run(`ip addr add ${meeting.kernelAddress}/30 dev kernel; ip link set kernel mtu 9000 up`);
    networks.#makeEnd('shore', process.pid);
    run(endOf('shore', 'device'));
    return networks;
  }

  #makeEnd(end: End, pid: number): void {
    const { programAddress, ports } = meeting;
    const kind = `mtu 1500 type vxlan id 1 dstport ${ports[end]} remote ${programAddress} nolearning`;
    this.#between.run(`ip link add ${end} ${kind}; ip link set ${end} netns ${pid}`);
  }

  /** A new network for the device: nothing is left there of connections that it had. Program and words to put before others. */
  async startDevice(): Promise<readonly string[]> {
    // What is left of connections keeps a network for minutes after its last process.
    this.#device?.run('ip link del device');
    this.#device?.close();
    const device = await OwnNetwork.open();
    this.#device = device;
    this.#makeEnd('device', device.pid);
    device.run(`ip link set lo up; ${endOf('device', 'shore')}`);
    return [...device.entry, ...whoAsksTheShore(this.#resolver)];
  }

  /** From now on both machines try shorter packets where long ones vanish; the device's, until it starts in a new network. */
  probe(): void {
    const look = 'echo 1 > /proc/sys/net/ipv4/tcp_mtu_probing';
    run(look);
    this.#device?.run(look);
  }

  /** The device's old address is none any more. */
  moveDevice(): void {
    run(`ip neigh replace ${newAddress} lladdr ${hardware.device} dev shore nud permanent`);
    // With its last address an end forgets its neighbours.
    const again = `ip neigh replace ${addresses.shore} lladdr ${hardware.shore} dev device nud permanent`;
    this.#device?.run(
      `ip addr del ${addresses.device}/24 dev device; ip addr add ${newAddress}/24 dev device; ${again}`,
    );
  }

  close(): void {
    this.#device?.close();
    this.#between.close();
  }
}
