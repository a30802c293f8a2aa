import type { Clock, Log } from '../../platform/ports.ts';
import { changeBetween, spacingMs } from './pace.ts';
import type { AgentStatus } from './status-file.ts';

/** Changes that follow each other within this time are written as one. */
const gatherMs = 20;

/** Whoever asks the machine wants to know at once; the flash must not suffer for it. */
const { applications, progress } = spacingMs;
const writtenMs = { now: 1_000, phase: 1_000, moment: 1_000, applications, progress } as const;

type Urgency = 'none' | keyof typeof writtenMs;

export interface StatusKeeperOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** As things are now. */
  readonly status: () => AgentStatus;
  /** Writes it for whoever asks this machine; throws when the disk does not take it. */
  readonly leave: (status: AgentStatus) => void;
}

function linkPart({ connected, through, trouble, lastConnectedAt, report }: AgentStatus): string {
  const answeredAt = report.asks === undefined ? undefined : lastConnectedAt;
  return JSON.stringify([connected, through, trouble?.kind, trouble?.since, answeredAt]);
}

function urgencyOf(before: AgentStatus | undefined, after: AgentStatus): Urgency {
  if (before === undefined || linkPart(before) !== linkPart(after)) return 'now';
  const change = changeBetween(before.report, after.report);
  if (change === 'moment' && after.report.waiting?.flapping === true) return 'progress';
  // Numbers change all the time: who asks the machine for them would wear out its flash.
  return change === 'numbers' ? 'none' : change;
}

/**
 * Keeps what this machine tells of its agent true, whatever the shore hears of it: written at each change, but not more often
 * than its kind is worth.
 */
export class StatusKeeper {
  readonly #options: StatusKeeperOptions;
  #left: AgentStatus | undefined;
  #leftMs = Number.NEGATIVE_INFINITY;
  #timer: Disposable | undefined;
  #isStopped = false;
  /** Whether the newest could be left on disk. */
  #isLeaving = true;

  constructor(options: StatusKeeperOptions) {
    this.#options = options;
  }

  /** Something that the status tells may have changed. */
  changed(): void {
    if (this.#isStopped) return;
    const urgency = urgencyOf(this.#left, this.#options.status());
    this.#timer?.[Symbol.dispose]();
    if (urgency === 'none') return;
    const nowMs = this.#options.clock.monotonic();
    const dueMs = Math.max(nowMs + gatherMs, this.#leftMs + writtenMs[urgency]);
    this.#timer = this.#options.clock.after(dueMs - nowMs, () => this.#write());
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  #write(): void {
    const { clock, log, status, leave } = this.#options;
    const newest = status();
    this.#leftMs = clock.monotonic();
    this.#left = newest;
    try {
      leave(newest);
      this.#isLeaving = true;
    } catch (error) {
      log.write(this.#isLeaving ? 'warn' : 'debug', 'status.not-left', { error });
      this.#isLeaving = false;
    }
  }
}
