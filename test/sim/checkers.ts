/**
 * What must hold in every simulated world at every moment. A checker knows what truly happened, which no part of the
 * system does: what was signed, what was issued, what runs, what each commit wants.
 */
import { createHash } from 'node:crypto';
import type { RunnableApplication } from '../../device-agent/runtime/app-runtime.ts';
import type { DeployedApplication, Deployment, DeviceStatus, StatusDocument } from '../../schemas/generated/types.ts';
import { type CommitModel, darkAfterSeconds, type SimFleet, type WantedApplication } from './fleet.ts';
import { HealthChecker } from './health-checker.ts';
import { HostChecker } from './host-checker.ts';
import { LinkChecker } from './link-checker.ts';
import { LogbookChecker } from './logbook-checker.ts';
import { nameOf } from './machine.ts';
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

/** Who asks by a rhythm may be late by so much of it. */
const overRhythm = 1.25;

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

/** What is known of one machine for certain. */
interface MachineRecord {
  highest: number;
  /** The last deployment that passed probation and was seen to be remembered. */
  good: number;
  /** Its disk lost what was safely written: only what runs must still be right, and what comes of it. */
  isRotten: boolean;
}

/** Of a device; while the controller can't write, its last report stays what is shown, and a connected device says itself twice a minute for hours. */
const truthsMax = 4096;

/** Two machines that take so many turns under one name within a minute are seen by whoever looks three times. */
const turnsPerMinute = 12;
const looksInVain = 3;

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
  readonly #machines = new Map<string, MachineRecord>();
  /** By device, then by boot and counter of the report. */
  readonly #truths = new Map<string, Map<string, Truth>>();
  /** By device, at how many looks on end it was shown running while two machines took turns. */
  readonly #lookedInVain = new Map<string, number>();
  /** By device, when it was answered over HTTPS last, or made a receipt that the shore has. */
  readonly #askedAt = new Map<string, number>();
  readonly hosts = new HostChecker((sentence) => this.fail(sentence));
  readonly logbooks = new LogbookChecker((sentence) => this.fail(sentence));
  readonly links: LinkChecker;
  readonly health: HealthChecker;
  /** By device, sequences of deployments with a release that fails. */
  readonly #failing = new Map<string, Set<number>>();
  #violation: Violation | undefined;
  /** How many were signed. */
  deployments = 0;

  constructor(fleet: SimFleet, broker: SimBroker, now: () => number) {
    this.#fleet = fleet;
    this.#broker = broker;
    this.#now = now;
    this.links = new LinkChecker((sentence) => this.fail(sentence), now);
    this.health = new HealthChecker((sentence) => this.fail(sentence), now);
  }

  /** Remembered until the world looks: what finds it may be far below code that catches everything. */
  fail(sentence: string): void {
    this.#violation ??= new Violation(sentence);
  }

  /** Throws the first violation that was found. */
  look(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }

  #record(machine: string): MachineRecord {
    let record = this.#machines.get(machine);
    if (record === undefined) {
      record = { highest: 0, good: 0, isRotten: false };
      this.#machines.set(machine, record);
    }
    return record;
  }

  #truthsOf(device: string): Map<string, Truth> {
    const truths = this.#truths.get(device) ?? new Map<string, Truth>();
    this.#truths.set(device, truths);
    return truths;
  }

  /** Its disk flips bits. */
  rot(machine: string): void {
    this.#record(machine).isRotten = true;
    this.logbooks.doubt(nameOf(machine));
  }

  /** Another machine has its name, which knows nothing. */
  remade(machine: string): void {
    Object.assign(this.#record(machine), { highest: 0, good: 0, isRotten: false });
    this.logbooks.remade(machine);
    this.health.remade(machine);
  }

  /** A copy of its disk is in another machine: what was rotten is, and what was good may have been lost on the way. */
  cloned(machine: string, clone: string): void {
    Object.assign(this.#record(clone), { isRotten: this.#record(machine).isRotten });
    this.logbooks.doubt(nameOf(machine));
    this.health.cloned(machine, clone);
  }

  /** What the device must still know after a power cut now. */
  knownOf(machine: string): Known {
    const { highest, good } = this.#record(machine);
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

  #wasIssued(machine: string, applications: readonly RunnableApplication[], sequence?: number): boolean {
    const issued = this.#issued.get(nameOf(machine)) ?? new Map<number, Set<string>>();
    const key = applicationsKey(applications);
    if (sequence !== undefined) return issued.get(sequence)?.has(key) ?? false;
    return [...issued.values()].some((keys) => keys.has(key));
  }

  /** An agent tells its app host to run exactly these. */
  applying(machine: string, applications: readonly RunnableApplication[]): void {
    this.health.applying(machine, applications, applicationsKey(applications));
    const names = new Set(applications.map(({ name }) => name));
    if (names.size < applications.length) this.fail(`${machine} runs an application twice: ${[...names].join(', ')}`);
    const isPart = this.#record(machine).isRotten;
    if (!isPart && applications.length > 0 && !this.#wasIssued(machine, applications)) {
      const what = applications.map(({ name, version }) => `${name} ${version}`).join(', ');
      this.fail(`${machine} is about to run ${what}, which no deployment signed for it asks for`);
    }
  }

  /** A module is about to run with these bytes. */
  starting(machine: string, { name, version, sha256 }: RunnableApplication, bytes: Uint8Array): void {
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (digest !== sha256) this.fail(`${machine} runs ${name} ${version} with bytes that are not the deployment's`);
    const release = this.#fleet.signed.get(digest);
    if (release !== `${name} ${version}`) this.fail(`${machine} runs ${name} ${version}, which no release key signed`);
  }

  /** What an agent says of itself, at whatever moment. */
  observed(machine: string, report: DeviceStatus['report'] & object): void {
    const record = this.#record(machine);
    const { highestSequence, phase, running } = report;
    if (highestSequence < record.highest && !record.isRotten) {
      this.fail(`the highest sequence of ${machine} went back from ${record.highest} to ${highestSequence}`);
    }
    record.highest = highestSequence;
    if (phase === 'active' && running !== undefined) record.good = running.sequence;
    if (!record.isRotten)
      this.health.observed(machine, report, ({ name, version }) => this.#fleet.fails(name, version));
  }

  /** A report leaves a device, of which this is true. */
  reported(machine: string, report: DeviceStatus['report'] & object, truth: Truth): void {
    this.observed(machine, report);
    const truths = this.#truthsOf(nameOf(machine));
    const key = reportKey(report);
    if (truths.has(key)) this.fail(`${machine} made two reports with the counter ${report.counter} in one boot`);
    truths.set(key, truth);
    if (truths.size > truthsMax) truths.delete(truths.keys().next().value!);
    this.hosts.reported(machine, report, (name, version) => this.#fleet.fails(name, version));
    const { phase, running, problem } = report;
    if (problem?.code === 'PROBATION_FAILED' && !this.#failing.get(nameOf(machine))?.has(problem.sequence ?? 0))
      this.fail(`${machine} gave up deployment ${problem.sequence}, of which nothing fails: ${problem.message}`);
    if (this.#record(machine).isRotten) return;
    if (
      phase === 'active' &&
      running !== undefined &&
      !this.#wasIssued(machine, truth.applications, running.sequence)
    ) {
      this.fail(`${machine} reports deployment ${running.sequence} as active and runs something else`);
    }
  }

  /** A copy of the device was started offline from what a power cut left, when this was known of it. */
  bootedOffline(
    machine: string,
    { highest, good }: Known,
    { running, highestSequence }: DeviceStatus['report'] & object,
    applications: readonly RunnableApplication[],
  ): void {
    if (this.#record(machine).isRotten) return;
    if (highestSequence < highest) {
      this.fail(`a power cut takes the highest sequence of ${machine} back from ${highest} to ${highestSequence}`);
    }
    if (good === 0) return;
    if (running === undefined || running.sequence < good) {
      this.fail(`after a power cut ${machine} runs deployment ${running?.sequence}, though ${good} was good`);
    } else if (!this.#wasIssued(machine, applications, running.sequence)) {
      this.fail(`after a power cut ${machine} does not run all of deployment ${running.sequence}`);
    }
  }

  /** It asked for news, and was answered. */
  asked(device: string): void {
    this.#askedAt.set(device, this.#now());
  }

  /** The shore took a receipt: it counts as heard when it was made, and no clock that runs ahead makes that later than now. */
  carried(device: string, madeMs: number): void {
    const before = this.#askedAt.get(device) ?? 0;
    this.#askedAt.set(device, Math.max(before, Math.min(madeMs, this.#now())));
  }

  #heardAt(device: string): number {
    return Math.max(this.#broker.heardAt(device) ?? 0, this.#askedAt.get(device) ?? 0);
  }

  /** What an operator is shown; a controller that can't write remembers nothing of turns. */
  status(status: StatusDocument, canWrite: boolean): void {
    const { revision } = status.source;
    const model = revision === undefined ? undefined : this.#fleet.model(revision.id);
    if (model?.isValid === false) this.fail(`the invalid commit ${model.id} (${model.subject}) is in force`);
    for (const device of status.devices) {
      if (device.state === 'running') this.#shownRunning(device, model);
      this.#turnsAreSeen(device, canWrite);
      const hasSession = this.#broker.heardAt(device.name) === Number.POSITIVE_INFINITY;
      if (device.connected === true && !hasSession) this.fail(`${device.name} is shown connected and is not`);
      if (hasSession && model !== undefined && !model.devices.has(device.name)) {
        this.fail(`${device.name} is connected, and the revision in force does not name it`);
      }
    }
  }

  #turnsAreSeen({ name, state }: DeviceStatus, canWrite: boolean): void {
    const isMissed = canWrite && state === 'running' && this.#broker.turnsInLastMinute(name) >= turnsPerMinute;
    const inVain = isMissed ? (this.#lookedInVain.get(name) ?? 0) + 1 : 0;
    this.#lookedInVain.set(name, inVain);
    if (inVain >= looksInVain) this.fail(`${name} is shown running while two machines take turns under its name`);
  }

  #shownRunning({ name, report, reason }: DeviceStatus, model: CommitModel | undefined): void {
    const wanted = model?.devices.get(name);
    if (wanted === undefined) return this.fail(`${name} is shown running, and the revision in force does not want it`);
    const truth = report === undefined ? undefined : this.#truthsOf(name).get(reportKey(report));
    if (truth === undefined) return this.fail(`${name} is shown running without a report that it made lately`);
    if (truth.keyFingerprint !== model?.keys.get(name)) {
      this.fail(`${name} is shown running by what another machine said than the one that the revision names`);
    }
    if (!runs(truth.applications, wanted)) {
      this.fail(
        `${name} is shown running (${reason.message}), and did not run what the revision wants when it said so`,
      );
    }
    const heardAt = this.#heardAt(name);
    const silentSecondsMax = Math.max(darkAfterSeconds, (report?.asks?.everySeconds ?? 0) * overRhythm);
    if (this.#now() - heardAt > silentSecondsMax * 1000 + clockToleranceMs)
      this.fail(`${name} is shown running, and was last heard ${new Date(heardAt).toISOString()}`);
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
