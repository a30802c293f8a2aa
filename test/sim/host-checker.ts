/** What is checked of the ends of app hosts: each is a fact of its own, and nobody is held to account for a neighbour. */
import type { Report } from '../../schemas/generated/types.ts';
import type { HostEnd } from './sim-runtime.ts';

/** What truly happened to the processes of one device's applications. */
interface HostRecord {
  /** Of this boot of the agent, in order. */
  ends: HostEnd[];
  /** By application: how often it may be held to have ended a process, or to have failed by itself. */
  readonly faults: Map<string, number>;
}

export class HostChecker {
  readonly #fail: (sentence: string) => void;
  readonly #devices = new Map<string, HostRecord>();

  constructor(fail: (sentence: string) => void) {
    this.#fail = fail;
  }

  #record(device: string): HostRecord {
    const record = this.#devices.get(device) ?? { ends: [], faults: new Map() };
    this.#devices.set(device, record);
    return record;
  }

  /** A new agent knows of no end before. */
  booted(device: string): void {
    this.#record(device).ends = [];
  }

  /** A process ended. Who had it for itself is held to have done it: the second time from outside, too. */
  ended(device: string, end: HostEnd): void {
    const { ends, faults } = this.#record(device);
    ends.push(end);
    const blamed = end.culprit ?? (end.residents.length === 1 ? end.residents[0] : undefined);
    if (blamed !== undefined) faults.set(blamed, (faults.get(blamed) ?? 0) + 1);
  }

  /** What a device is about to say; `fails` tells which releases fail by themselves. */
  reported(device: string, report: Report, fails: (name: string, version: string) => boolean): void {
    const { ends, faults } = this.#record(device);
    const { hostDeath, applications } = report;
    if ((hostDeath?.count ?? 0) !== ends.length)
      this.#fail(
        `${device} tells of ${hostDeath?.count ?? 0} ends of its app hosts, of which there were ${ends.length}`,
      );
    const last = ends.at(-1);
    if (hostDeath !== undefined && last !== undefined) this.#toldRightly(device, hostDeath.suspects, last);
    for (const { name, version, restarts } of applications) {
      if (fails(name, version) || restarts <= (faults.get(name) ?? 0)) continue;
      this.#fail(`${device} counts ${restarts} restarts of ${name}, which was at fault ${faults.get(name) ?? 0} times`);
    }
  }

  #toldRightly(device: string, suspects: readonly string[], { residents, culprit }: HostEnd): void {
    const strangers = suspects.filter((name) => !residents.includes(name));
    if (strangers.length > 0) this.#fail(`${device} suspects ${strangers.join(', ')}, which ran elsewhere`);
    if (culprit !== undefined && !suspects.includes(culprit))
      this.#fail(`${device} suspects ${suspects.join(', ') || 'nobody'}, and it was ${culprit}`);
  }
}
