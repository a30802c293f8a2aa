import type { Clock } from '../../../../platform/ports.ts';
import type { HostedApplication } from '../../protocol.ts';
import type { RunEnd } from '../../run-end.ts';
import type { EventInput, Launch, Run, RunHandlers } from '../launch.ts';

/** One event in an instance of its own. */
export interface EventRun {
  readonly run: Run;
  /** How it ended; undefined where it was stopped from outside. */
  readonly ended: Promise<RunEnd | undefined>;
  stop(): Promise<void>;
}

/** Starts an instance for an event, and ends it when its time is up. */
export function runEvent(
  { launch, clock }: { readonly launch: Launch; readonly clock: Pick<Clock, 'after'> },
  application: HostedApplication,
  event: EventInput,
  timeLimitMs: number,
  onOutput: RunHandlers['onOutput'],
): EventRun {
  const { promise: ended, resolve } = Promise.withResolvers<RunEnd | undefined>();
  const finish = (end: RunEnd | undefined): void => {
    deadline[Symbol.dispose]();
    resolve(end);
  };
  const deadline = clock.after(timeLimitMs, () => {
    void run.stop().then(() => finish({ kind: 'exhausted', message: `it took longer than ${timeLimitMs} ms` }));
  });
  const run = launch(application, { onStarted: () => {}, onOutput, onEnd: finish }, event);
  return {
    run,
    ended,
    stop: async () => {
      await run.stop();
      finish(undefined);
    },
  };
}
