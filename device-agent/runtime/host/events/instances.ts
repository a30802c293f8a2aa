import type { Clock } from '../../../../platform/ports.ts';
import type { SnapshotReport } from '../../../../schemas/generated/types.ts';
import type { HostedApplication } from '../../protocol.ts';
import type { RunEnd } from '../../run-end.ts';
import type { EventInput, Launcher, Run } from '../launch.ts';
import type { OutputLines } from '../output-lines.ts';

/** What instances are made with. */
export interface InstancePorts extends Launcher {
  readonly clock: Pick<Clock, 'after'>;
  /** Where they print, unless an event has a place for its answer. */
  readonly lines: OutputLines;
  /** Of one event, and of starting one that is kept. */
  readonly timeLimitMs: number;
}

type Usage = ReturnType<Run['usage']>;

/** What all together hold and have spent, those that have ended included. */
export function usageOfAll(now: readonly Usage[], fuelOfEnded: number): Usage {
  return {
    memoryBytes: now.reduce((sum, one) => sum + one.memoryBytes, 0),
    fuelSpent: now.reduce((sum, one) => sum + one.fuelSpent, fuelOfEnded),
  };
}

/** The instances of an application that handle its events. */
export interface Instances {
  /** Makes ready what is there before the first event; how that ended where it failed. */
  prepare(application: HostedApplication): Promise<RunEnd | undefined>;
  /** Has an event handled by an instance that is free; how that ended, undefined where it was stopped from outside. */
  handle(application: HostedApplication, event: EventInput): Promise<RunEnd | undefined>;
  /** Goes on with the modules that are linked to `next`; false where that takes a new start. */
  relink(next: HostedApplication): Promise<boolean>;
  /** Those that did not come to their own end and were made anew. */
  readonly restarts: number;
  /** Bytes of their memories now, and the fuel that all have spent so far. */
  usage(): Usage;
  /** What is kept of their state; undefined where none is. */
  snapshot(): SnapshotReport | undefined;
  /**
   * Ends all of them; resolves when nothing of them runs any more. Where a state is kept, what is at work has so long to come to its
   * end, and the state is written.
   */
  stop(lastEventMsMax: number): Promise<void>;
}
