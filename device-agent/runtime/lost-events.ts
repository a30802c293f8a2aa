import type { ApplicationReport, DeployedApplication } from '../../schemas/generated/types.ts';
import type { Usage } from './protocol.ts';

type Evented = Pick<DeployedApplication, 'name' | 'trigger'>;

/**
 * What applications lost with hosts that died: messages and events that waited there or were at work, as far as the host had
 * told of them, and what it had counted as dropped until then.
 */
export class LostEvents {
  readonly #counts = new Map<string, number>();

  /** The host of an application died; its report and usage are what it said last. Requests are counted where they are answered. */
  died({ name, trigger }: Evented, report: ApplicationReport | undefined, usage: Usage | undefined): void {
    const { dropped = 0, instances = 0, waiting = usage?.waiting ?? 0 } = report?.events ?? {};
    this.add(name, trigger?.http === undefined ? dropped + instances + waiting : dropped);
  }

  /** So many were lost besides. */
  add(name: string, count: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  /** What a host reports, with what went down with those before it. */
  on(report: ApplicationReport): ApplicationReport {
    const lost = this.#counts.get(report.name) ?? 0;
    if (lost === 0) return report;
    return { ...report, events: { ...report.events, dropped: lost + (report.events?.dropped ?? 0) } };
  }

  forget(name: string): void {
    this.#counts.delete(name);
  }
}
