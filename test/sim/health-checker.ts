/**
 * What is checked of health: no device says of itself that a deployment is active before what it asks for has run as long as a probation takes,
 * in one piece, nor ever of one that fails, nor that something runs which does not. Not of devices whose disk rots.
 */
import type { Report } from '../../schemas/generated/types.ts';
import { probationSeconds } from './fleet.ts';

/** What runs on one machine, as its hosts were told. */
interface HealthRecord {
  /** What all of it comes to, and since when; of this boot of the agent. */
  key: string;
  since: number | undefined;
  names: ReadonlySet<string>;
  /** What ran for as long as a probation takes. */
  readonly proven: Set<string>;
}

/** An application and its release. */
interface Run {
  readonly name: string;
  readonly version: string;
}

export class HealthChecker {
  readonly #fail: (sentence: string) => void;
  readonly #now: () => number;
  readonly #machines = new Map<string, HealthRecord>();

  constructor(fail: (sentence: string) => void, now: () => number) {
    this.#fail = fail;
    this.#now = now;
  }

  #record(machine: string): HealthRecord {
    const record = this.#machines.get(machine) ?? { key: '', since: undefined, names: new Set(), proven: new Set() };
    this.#machines.set(machine, record);
    return record;
  }

  #hasProven({ since }: HealthRecord): boolean {
    return since !== undefined && this.#now() - since >= probationSeconds * 1000;
  }

  /** What ran until now is replaced, or ends. */
  #leave(record: HealthRecord): void {
    if (this.#hasProven(record)) record.proven.add(record.key);
  }

  /** Its hosts are told to run just these; `key` is another for others. */
  applying(machine: string, applications: readonly Run[], key: string): void {
    const record = this.#record(machine);
    if (record.since !== undefined && record.key === key) return;
    this.#leave(record);
    record.key = key;
    record.since = this.#now();
    record.names = new Set(applications.map(({ name, version }) => `${name} ${version}`));
  }

  /** Its agent is gone, and its hosts with it. */
  ended(machine: string): void {
    const record = this.#record(machine);
    this.#leave(record);
    record.since = undefined;
  }

  /** Another machine has its name. */
  remade(machine: string): void {
    this.#machines.delete(machine);
  }

  /** A copy of its disk is in another machine. */
  cloned(machine: string, clone: string): void {
    this.#leave(this.#record(machine));
    const { proven } = this.#record(machine);
    this.#machines.set(clone, { key: '', since: undefined, names: new Set(), proven: new Set(proven) });
  }

  /** What an agent says of itself; `fails` tells which releases fail by themselves. */
  observed(machine: string, { phase, running, applications }: Report, fails: (run: Run) => boolean): void {
    const record = this.#record(machine);
    const absent = applications.find(
      ({ name, version, state }) => state === 'running' && !record.names.has(`${name} ${version}`),
    );
    if (absent !== undefined)
      this.#fail(`${machine} says that ${absent.name} ${absent.version} runs, which its hosts were not told to run`);
    if (phase !== 'active' || running === undefined || record.since === undefined) return;
    const failing = applications.find(fails);
    if (failing !== undefined)
      this.#fail(`${machine} says that deployment ${running.sequence} is active, of which ${failing.name} fails`);
    if (record.proven.has(record.key) || this.#hasProven(record)) return;
    const seconds = (this.#now() - record.since) / 1000;
    this.#fail(
      `${machine} says that deployment ${running.sequence} is active after ${seconds} s of ${probationSeconds}`,
    );
  }
}
