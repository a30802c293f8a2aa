/**
 * What must hold in every simulated world at every moment. A checker knows what truly happened, which no part of the
 * system does: what was signed, what was issued, what runs, what each commit wants.
 */
import { createHash } from 'node:crypto';
import type { RunnableApplication } from '../../device-agent/runtime/app-runtime.ts';
import type { DeployedApplication, Deployment, DeviceStatus, StatusDocument } from '../../schemas/generated/types.ts';
import { type CommitModel, darkAfterSeconds, type SimFleet, type WantedApplication } from './fleet.ts';
import { HostChecker } from './host-checker.ts';
import type { SimBroker } from './sim-bus.ts';

/** A sentence that must hold and does not. */
export class Violation extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'Violation';
  }
}

/** Clocks of controllers may be wrong by this much, and what they say of times with them. */
const clockToleranceMs = 15 * 60_000;

/** What a device truly did when it made a report. */
export interface Truth {
  readonly applications: readonly RunnableApplication[];
  /** Of the machine. */
  readonly keyFingerprint: string;
}

/** What a device must never forget, by sequence: the highest it accepted, and the last that passed probation. */
export interface Known {
  readonly highest: number;
  readonly good: number;
}

/** What is known of one device for certain. */
interface DeviceRecord {
  highest: number;
  /** The last deployment that passed probation and was seen to be remembered. */
  good: number;
  /** By boot and counter of the report. */
  readonly truths: Map<string, Truth>;
  /** Its disk lost what was safely written: only what runs must still be right, and what comes of it. */
  isRotten: boolean;
}

/** Of a device; while the controller can't write, its last report stays what is shown, and a connected device says itself twice a minute for hours. */
const truthsMax = 4096;

function reportKey({ boot, counter }: DeviceStatus['report'] & object): string {
  return `${boot?.id}/${counter}`;
}

function applicationKey({
  modulePath: _,
  ...application
}: RunnableApplication | (DeployedApplication & { modulePath?: string })): string {
  return JSON.stringify(Object.entries(application).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function applicationsKey(applications: readonly (RunnableApplication | DeployedApplication)[]): string {
  return applications.map((one) => applicationKey(one as RunnableApplication)).join('\n');
}

export class Checkers {
  readonly #fleet: SimFleet;
  readonly #broker: SimBroker;
  readonly #now: () => number;
  readonly #issued = new Map<string, Map<number, Set<string>>>();
  readonly #devices = new Map<string, DeviceRecord>();
  readonly hosts = new HostChecker((sentence) => this.fail(sentence));
  /** By device, sequences of deployments with a release that fails. */
  readonly #failing = new Map<string, Set<number>>();
  #violation: Violation | undefined;
  /** How many were signed. */
  deployments = 0;

  constructor(fleet: SimFleet, broker: SimBroker, now: () => number) {
    this.#fleet = fleet;
    this.#broker = broker;
    this.#now = now;
  }

  /** Remembered until the world looks: what finds it may be far below code that catches everything. */
  fail(sentence: string): void {
    this.#violation ??= new Violation(sentence);
  }

  /** Throws the first violation that was found. */
  look(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }

  #record(device: string): DeviceRecord {
    let record = this.#devices.get(device);
    if (record === undefined) {
      record = { highest: 0, good: 0, truths: new Map(), isRotten: false };
      this.#devices.set(device, record);
    }
    return record;
  }

  /** Its disk flips bits. */
  rot(device: string): void {
    this.#record(device).isRotten = true;
  }

  /** Another machine has its name, which knows nothing. */
  remade(device: string): void {
    Object.assign(this.#record(device), { highest: 0, good: 0, isRotten: false });
  }

  /** What the device must still know after a power cut now. */
  knownOf(device: string): Known {
    const { highest, good } = this.#record(device);
    return { highest, good };
  }

  /** The deployment key signed this. */
  signed(deployment: Deployment): void {
    const { device, sequence, applications } = deployment;
    this.deployments += 1;
    const issued = this.#issued.get(device) ?? new Map<number, Set<string>>();
    this.#issued.set(device, issued);
    const same = issued.get(sequence) ?? new Set<string>();
    issued.set(sequence, same.add(applicationsKey(applications)));
    if (!applications.some(({ name, version }) => this.#fleet.fails(name, version))) return;
    this.#failing.set(device, (this.#failing.get(device) ?? new Set()).add(sequence));
  }

  #wasIssued(device: string, applications: readonly RunnableApplication[], sequence?: number): boolean {
    const issued = this.#issued.get(device) ?? new Map<number, Set<string>>();
    const key = applicationsKey(applications);
    if (sequence !== undefined) return issued.get(sequence)?.has(key) ?? false;
    return [...issued.values()].some((keys) => keys.has(key));
  }

  /** An agent tells its app host to run exactly these. */
  applying(device: string, applications: readonly RunnableApplication[]): void {
    const names = new Set(applications.map(({ name }) => name));
    if (names.size < applications.length) this.fail(`${device} runs an application twice: ${[...names].join(', ')}`);
    const isPart = this.#record(device).isRotten;
    if (!isPart && applications.length > 0 && !this.#wasIssued(device, applications)) {
      const what = applications.map(({ name, version }) => `${name} ${version}`).join(', ');
      this.fail(`${device} is about to run ${what}, which no deployment signed for it asks for`);
    }
  }

  /** A module is about to run with these bytes. */
  starting(device: string, { name, version, sha256 }: RunnableApplication, bytes: Uint8Array): void {
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (digest !== sha256) this.fail(`${device} runs ${name} ${version} with bytes that are not the deployment's`);
    const release = this.#fleet.signed.get(digest);
    if (release !== `${name} ${version}`) this.fail(`${device} runs ${name} ${version}, which no release key signed`);
  }

  /** What an agent says of itself, at whatever moment. */
  observed(device: string, report: DeviceStatus['report'] & object): void {
    const record = this.#record(device);
    const { highestSequence, phase, running } = report;
    if (highestSequence < record.highest && !record.isRotten) {
      this.fail(`the highest sequence of ${device} went back from ${record.highest} to ${highestSequence}`);
    }
    record.highest = highestSequence;
    if (phase === 'active' && running !== undefined) record.good = running.sequence;
  }

  /** A report leaves a device, of which this is true. */
  reported(device: string, report: DeviceStatus['report'] & object, truth: Truth): void {
    this.observed(device, report);
    const { truths } = this.#record(device);
    const key = reportKey(report);
    if (truths.has(key)) this.fail(`${device} made two reports with the counter ${report.counter} in one boot`);
    truths.set(key, truth);
    if (truths.size > truthsMax) truths.delete(truths.keys().next().value!);
    this.hosts.reported(device, report, (name, version) => this.#fleet.fails(name, version));
    const { phase, running, problem } = report;
    if (problem?.code === 'PROBATION_FAILED' && !this.#failing.get(device)?.has(problem.sequence ?? 0))
      this.fail(`${device} gave up deployment ${problem.sequence}, of which nothing fails: ${problem.message}`);
    if (this.#record(device).isRotten) return;
    if (phase === 'active' && running !== undefined && !this.#wasIssued(device, truth.applications, running.sequence)) {
      this.fail(`${device} reports deployment ${running.sequence} as active and runs something else`);
    }
  }

  /** A copy of the device was started offline from what a power cut left, when this was known of it. */
  bootedOffline(
    device: string,
    { highest, good }: Known,
    { running, highestSequence }: DeviceStatus['report'] & object,
    applications: readonly RunnableApplication[],
  ): void {
    if (this.#record(device).isRotten) return;
    if (highestSequence < highest) {
      this.fail(`a power cut takes the highest sequence of ${device} back from ${highest} to ${highestSequence}`);
    }
    if (good === 0) return;
    if (running === undefined || running.sequence < good) {
      this.fail(`after a power cut ${device} runs deployment ${running?.sequence}, though ${good} was good`);
    } else if (!this.#wasIssued(device, applications, running.sequence)) {
      this.fail(`after a power cut ${device} does not run all of deployment ${running.sequence}`);
    }
  }

  /** What an operator is shown. */
  status(status: StatusDocument): void {
    const { revision } = status.source;
    const model = revision === undefined ? undefined : this.#fleet.model(revision.id);
    if (model?.isValid === false) this.fail(`the invalid commit ${model.id} (${model.subject}) is in force`);
    for (const device of status.devices) {
      if (device.state === 'running') this.#shownRunning(device, model);
      const hasSession = this.#broker.heardAt(device.name) === Number.POSITIVE_INFINITY;
      if (device.connected === true && !hasSession) this.fail(`${device.name} is shown connected and is not`);
      if (hasSession && model !== undefined && !model.devices.has(device.name)) {
        this.fail(`${device.name} is connected, and the revision in force does not name it`);
      }
    }
  }

  #shownRunning({ name, report, reason }: DeviceStatus, model: CommitModel | undefined): void {
    const wanted = model?.devices.get(name);
    if (wanted === undefined) return this.fail(`${name} is shown running, and the revision in force does not want it`);
    const truth = report === undefined ? undefined : this.#record(name).truths.get(reportKey(report));
    if (truth === undefined) return this.fail(`${name} is shown running without a report that it made lately`);
    if (truth.keyFingerprint !== model?.keys.get(name)) {
      this.fail(`${name} is shown running by what another machine said than the one that the revision names`);
    }
    if (!runs(truth.applications, wanted)) {
      this.fail(
        `${name} is shown running (${reason.message}), and did not run what the revision wants when it said so`,
      );
    }
    const heardAt = this.#broker.heardAt(name);
    if (heardAt === undefined || this.#now() - heardAt > darkAfterSeconds * 1000 + clockToleranceMs) {
      this.fail(
        `${name} is shown running, and was last heard ${heardAt === undefined ? 'never' : new Date(heardAt).toISOString()}`,
      );
    }
  }

  /** Whether the device runs just this, by the last report that it truly made. */
  reallyRuns(device: string, applications: readonly RunnableApplication[], model: CommitModel): boolean {
    const wanted = model.devices.get(device);
    return wanted !== undefined && runs(applications, wanted);
  }
}

/** Whether what runs is what is wanted, configuration included. */
function runs(running: readonly DeployedApplication[], wanted: readonly WantedApplication[]): boolean {
  if (running.length !== wanted.length) return false;
  return wanted.every(({ name, version, sha256, config }) => {
    const one = running.find((application) => application.name === name);
    if (one === undefined || one.version !== version || one.sha256 !== sha256) return false;
    return Object.entries(config).every(([key, value]) => one.config[key] === value);
  });
}
