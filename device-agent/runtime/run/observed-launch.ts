import type { EventInput, Launch, Run } from '../host/launch.ts';
import type { RunEnd } from '../run-end.ts';

/** What is seen of every run. */
export interface RunWatch {
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;
  /** `end` is undefined where it was stopped from outside, as when its time is up. */
  readonly onEnd: (end: RunEnd | undefined, usage: ReturnType<Run['usage']>) => void;
}

/** Launches as `launch` does, and lets somebody watch. */
export function observedLaunch(launch: Launch, watch: RunWatch): Launch {
  return (application, handlers, event) => {
    let isOver = false;
    const over = (end: RunEnd | undefined): void => {
      if (isOver) return;
      isOver = true;
      watch.onEnd(end, run.usage());
    };
    const observed = {
      onStarted: () => handlers.onStarted(),
      onReady: () => handlers.onReady?.(),
      onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => {
        watch.onOutput(stream, bytes);
        handlers.onOutput(stream, bytes);
      },
      onEnd: (end: RunEnd) => {
        handlers.onEnd(end);
        over(end);
      },
    };
    const run = launch(application, observed, event);
    const stop = async (): Promise<void> => {
      await run.stop();
      over(undefined);
    };
    const handle = async (input: EventInput): Promise<RunEnd | undefined> => {
      const before = run.usage().fuelSpent;
      const end = await run.handle(input);
      const { memoryBytes, fuelSpent } = run.usage();
      isOver = true;
      watch.onEnd(end, { memoryBytes, fuelSpent: fuelSpent - before });
      return end;
    };
    return { stop, handle, usage: () => run.usage(), relink: (next) => run.relink(next) };
  };
}
