/** The agent of a simulated device: a real one, over ports that are all worth distrusting, and watched in what it says and does. */
import { type Agent, type AgentOptions, createAgent } from '../../device-agent/agent.ts';
import { CertificateDoubts } from '../../device-agent/certificate-doubts.ts';
import type { CourierProcess } from '../../device-agent/courier/courier-process.ts';
import { keepCertificate } from '../../device-agent/enrol-renewal.ts';
import { NeighbourDoor } from '../../device-agent/neighbours/neighbour-door.ts';
import type { Want } from '../../device-agent/neighbours/wants.ts';
import type { OwnTime } from '../../device-agent/own-time.ts';
import type { AppRuntime, RunnableApplication } from '../../device-agent/runtime/app-runtime.ts';
import { stateLayout } from '../../device-agent/state-layout.ts';
import { isOfCertificate, type LinkTrouble, withClock } from '../../device-agent/transport/link-trouble.ts';
import type { ShadowLink } from '../../device-agent/transport/shadow-link.ts';
import type { Clock, CountTravel, HttpHandler, Log, Network } from '../../platform/ports.ts';
import { DiskError, NetworkError } from '../../platform/ports.ts';
import type { SimTime } from '../../platform/simulated/clock.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import { signMessages } from '../../schemas/carried-messages.ts';
import type { AgentConfiguration, Report } from '../../schemas/generated/types.ts';
import { signReceipt } from '../../schemas/receipt.ts';
import type { Checkers } from './checkers.ts';
import { type AgentStart, noLog } from './offline-life.ts';
import type { SimBroker } from './sim-bus.ts';
import type { SimAuthority, SimIdentity } from './sim-certificates.ts';
import { type SimCourierOptions, simCourier } from './sim-courier.ts';
import { PowerCut, type SimDisk } from './sim-disk.ts';
import type { SimDoors } from './sim-doors.ts';
import type { SimKey } from './sim-key.ts';
import { addressOf, type Beside } from './sim-lan.ts';
import { type SimContact, simLine } from './sim-line.ts';
import { type SimLink, simNetwork, simWays } from './sim-network.ts';
import { diskOf, type ProcessLife } from './sim-process.ts';
import { SimRuntime } from './sim-runtime.ts';
import { SimSurroundings } from './sim-surroundings.ts';
import type { Trace } from './trace.ts';

/** What all devices of a world share. */
export interface DeviceWorld {
  readonly time: SimTime;
  readonly trace: Trace;
  readonly checkers: Checkers;
  readonly broker: SimBroker;
  readonly authority: SimAuthority;
  /** The controller's server as this device reaches it; undefined while that is down. */
  readonly server: (device: string) => HttpHandler | undefined;
}

/** The machine that it runs on, as that is at the moment. */
export interface AgentMachine {
  readonly world: DeviceWorld;
  readonly name: string;
  /** Which of the machines under its name, for those who know what each did. */
  readonly machine: string;
  readonly key: SimKey;
  readonly identity: SimIdentity;
  readonly disk: SimDisk;
  readonly link: SimLink;
  readonly random: SimRandom;
  readonly contact: SimContact;
  readonly beside: Beside | undefined;
  readonly doors: SimDoors;
  /** How wrong its clock is, in milliseconds. */
  readonly skewMs: number;
  /** How often its power came. */
  readonly powers: number;
  /** How often its couriers die on the way. */
  readonly courierMortality: number;
  /** How often a process of its applications ends within a minute after it was told what to run. */
  readonly hostMortality: number;
  /** Lets the checkers look at what its agent holds true now. */
  readonly observe: () => void;
  /** A process of its applications ends. */
  readonly endHost: () => void;
}

/** A process that meets with something soon after it was told what to run does so within this time. */
const unluckyMsMax = 60_000;

function contactOf({ mode, intervalSeconds }: SimContact): Pick<AgentConfiguration, 'contact'> {
  return mode === 'session' ? {} : { contact: { mode, intervalSeconds } };
}

/** How the agent of a machine is configured. */
export function configurationOf({ name, contact, beside }: AgentMachine): AgentConfiguration {
  return {
    ...{ device: name, stateDirectory: '/state', controller: 'https://shore', trustRoot: '/born/root.json' },
    ...{ ca: '/ca', mqtt: { host: 'shore' }, reportIntervalSeconds: 3600, ...contactOf(contact) },
    ...(beside === undefined ? {} : { neighbours: { known: [...beside.known] } }),
  };
}

/** Puts an agent together; `onReceipt` sees what it signs to be carried. */
export function createOn(machine: AgentMachine, start: AgentStart, onReceipt: (report: Report) => void): Agent {
  const { clock, disk, log, link, openCourier } = start;
  const runtime = new SimRuntime(disk, clock, start.onRun);
  start.onRuntime?.(runtime);
  const watched: AppRuntime = {
    apply: (applications) => {
      start.onApply(applications);
      return runtime.apply(applications);
    },
    states: () => runtime.states(),
    lastDeath: () => runtime.lastDeath(),
    ask: (application) => runtime.ask(application),
    call: (application) => runtime.call(application),
    writeLog: () => runtime.writeLog(),
    onChange: (handler) => runtime.onChange(handler),
    stop: () => runtime.stop(),
  };
  const ports = { clock, disk, random: machine.random, log };
  return createAgent({
    ...{ ports, configuration: configurationOf(machine), runtime: watched, link, openCourier, agentVersion: '0.1.0' },
    signReceipt: (report) => {
      onReceipt(report);
      return signReceipt(machine.name, report, machine.key.pem);
    },
    signMessages: (claim) => signMessages(claim, machine.key.pem),
    ...{ ways: simWays(machine.link, clock), surroundings: new SimSurroundings(), doors: start.doors },
    machineBoot: machine.powers,
    ...(start.onTrouble === undefined ? {} : { onTrouble: start.onTrouble }),
    ...(start.onNotLetIn === undefined ? {} : { onNotLetIn: start.onNotLetIn }),
  });
}

/** The end of the process, and a full disk, are no fault of the agent's. */
function isExpected(error: unknown): boolean {
  return error instanceof PowerCut || (error instanceof DiskError && error.code === 'NO_SPACE');
}

/** One life of it, from a start to the next. */
export class SimAgent {
  readonly #machine: AgentMachine;
  readonly #life: ProcessLife;
  #agent: Agent | undefined;
  #runtime: SimRuntime | undefined;
  #courier: CourierProcess | undefined;
  #time: OwnTime | undefined;
  #applied: readonly RunnableApplication[] = [];
  #door: NeighbourDoor | undefined;

  constructor(machine: AgentMachine, life: ProcessLife) {
    this.#machine = machine;
    this.#life = life;
  }

  /** What its app host was told to run last. */
  get applied(): readonly RunnableApplication[] {
    return this.#applied;
  }

  get runtime(): SimRuntime | undefined {
    return this.#runtime;
  }

  report(): Report | undefined {
    return this.#agent?.status().report;
  }

  start(): void {
    const { world, machine, disk, doors } = this.#machine;
    const clock = this.#clockOf(this.#life);
    this.#openDoor();
    const doubts = new CertificateDoubts(clock);
    const link = this.#watchedLink(clock);
    this.#agent = createOn(
      this.#machine,
      {
        ...{ clock, disk: diskOf(this.#life, disk), log: this.#log(), doors },
        link,
        onTrouble: ({ kind }) => {
          if (isOfCertificate(kind)) doubts.raise();
        },
        onNotLetIn: () => doubts.raise(),
        openCourier: this.#openCourier(),
        onRuntime: (runtime) => {
          this.#runtime = runtime;
        },
        onApply: (applications) => this.#applying(applications),
        onRun: (application, bytes) => world.checkers.starting(machine, application, bytes),
      },
      (report) => this.#reporting(report),
    );
    this.#agent.start();
    void this.#keepCertificate(doubts, link);
  }

  #keepCertificate(doubts: CertificateDoubts, link: ShadowLink): Promise<void> {
    const { world, random, identity } = this.#machine;
    const parts = { doubts, random: random.stream(`renewals from ${world.time.now}`), log: noLog };
    return keepCertificate(
      {
        ...{ ...parts, validity: () => identity.validity(), nowMs: () => this.#time!.likelyMs() },
        enrol: (signal) => this.#courier!.enrol(signal),
        onRenewed: () => {
          world.trace.write('renewed', this.#machine.machine);
          link.lookAgain();
        },
      },
      new AbortController().signal,
    );
  }

  /** Why one of the two does not take the other's certificate at the broker, where each goes by its clock. */
  #refusal(clock: Clock): LinkTrouble | undefined {
    const { world, identity } = this.#machine;
    const message = 'a certificate does not count';
    const ofShore = clock.now() > world.authority.serverEndsAt;
    if (!ofShore && world.authority.peerOf(identity.certificate).outdated === undefined) return undefined;
    return withClock({ kind: ofShore ? 'certificate' : 'refused', message }, identity.validity(), clock.now());
  }

  /** From now on devices beside it are answered. */
  #openDoor(): void {
    const { beside, name, disk } = this.#machine;
    if (beside === undefined) return;
    const { storeDirectory } = stateLayout('/state');
    this.#door = new NeighbourDoor({ disk: diskOf(this.#life, disk), storeDirectory });
    beside.lan.devices.set(addressOf(name), { device: name, handler: this.#door.handle });
  }

  #clockOf(life: ProcessLife): Clock {
    return this.#machine.world.time.clock(life, () => this.#machine.skewMs);
  }

  #openCourier(): AgentOptions['openCourier'] {
    const { world, random, disk, beside, name } = this.#machine;
    const outside = {
      ...{
        time: world.time,
        random,
        life: this.#life,
        disk,
        configuration: configurationOf(this.#machine),
        log: noLog,
      },
      clockOf: (one: ProcessLife) => this.#clockOf(one),
      identity: this.#machine.identity.store,
      networkOf: (...of: Parameters<SimCourierOptions['networkOf']>) => this.#network(...of),
      mortality: () => this.#machine.courierMortality,
      ...(beside && { lanOf: (one: ProcessLife) => beside.lan.networkOf(name, this.#clockOf(one)) }),
      onWants: (wants: readonly Want[]) => this.#door?.want(wants),
    };
    return (shared) => {
      this.#time = shared.time;
      this.#courier = simCourier({ ...outside, wayOut: shared.wayOut }, shared);
      return this.#courier;
    };
  }

  #network(life: ProcessLife, countTravel: CountTravel, tolerates: (untilMs: number) => boolean): Network {
    const { world, link, random, key, machine, name, identity } = this.#machine;
    const { time, server, checkers, authority } = world;
    const clock = this.#clockOf(life);
    return simNetwork({
      ...{ time, random, link, life, keyFingerprint: key.fingerprint, countTravel, server: () => server(name) },
      peer: () => {
        const untilMs = authority.serverEndsAt;
        if (clock.now() <= untilMs || tolerates(untilMs)) return authority.peerOf(identity.certificate);
        throw new NetworkError('TLS', 'the certificate of the controller has expired');
      },
      onBlob: (bytes, sha256) => checkers.links.took(machine, bytes, sha256),
    });
  }

  #applying(applications: readonly RunnableApplication[]): void {
    this.#applied = applications;
    const { world, machine, random, hostMortality } = this.#machine;
    const { time, trace, checkers } = world;
    checkers.applying(machine, applications);
    trace.write('run', machine, applications.map(({ name, version }) => `${name}@${version}`).join(' '));
    if (random.chance(hostMortality)) {
      time.at(time.now + random.integer(0, unluckyMsMax), () => this.#machine.endHost());
    }
  }

  #log(): Log {
    return {
      write: (level, event, fields) => {
        if (!this.#life.alive) return;
        const { world, machine } = this.#machine;
        const { trace, checkers, time } = world;
        if (level === 'error' && !isExpected(fields?.error)) {
          checkers.fail(`the agent of ${machine} complains of ${event}: ${fields?.error}`);
        }
        if (event !== 'engine.phase') return;
        trace.write('phase', machine, `${fields?.phase} ${fields?.highest} ${fields?.problem ?? ''}`);
        // The agent remembers right after it has logged.
        time.at(time.now, () => this.#machine.observe());
      },
    };
  }

  #watchedLink(clock: Clock): ShadowLink {
    const { world, link: own, random, contact } = this.#machine;
    const link = simLine({
      ...{ broker: world.broker, link: own, life: this.#life, clock, random, log: this.#log(), contact },
      ask: (question, signal) => this.#courier!.news(question, signal),
      send: (part, signal) => this.#courier!.part(part, signal),
      refusal: () => this.#refusal(clock),
    });
    return {
      get isFollowed() {
        return link.isFollowed;
      },
      get asks() {
        return link.asks;
      },
      start: (handlers) => link.start(handlers),
      report: (report) => {
        this.#reporting(report);
        return link.report(report);
      },
      sendBatchPart: (part) => link.sendBatchPart(part),
      orderParcel: (order) => link.orderParcel(order),
      lookAgain: () => link.lookAgain(),
      wake: () => link.wake(),
      unsaid: () => link.unsaid?.(),
      stop: () => link.stop(),
    };
  }

  /** A report leaves it, over a link or signed to be carried. */
  #reporting(report: Report): void {
    const { world, machine, key } = this.#machine;
    world.trace.write('report', machine, `${report.counter} ${report.phase} ${report.running?.sequence}`);
    world.checkers.reported(machine, report, { applications: this.#applied, keyFingerprint: key.fingerprint });
  }
}
