import type { EventInput, Launch, Launcher, LaunchKept, Run } from '../host/launch.ts';
import type { RunEnd } from '../run-end.ts';

/** What is seen of every run, and of every call of an instance that is kept. */
export interface RunWatch {
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;
  /** `end` is undefined where it was stopped from outside, as when its time is up. */
  readonly onEnd: (end: RunEnd | undefined, usage: ReturnType<Run['usage']>) => void;
}

type Output = Pick<RunWatch, 'onOutput'>;

function bothTold(first: Output, second: Output): Output['onOutput'] {
  return (stream, bytes) => {
    first.onOutput(stream, bytes);
    second.onOutput(stream, bytes);
  };
}

/** Launches as `launcher` does, and lets somebody watch. */
export function observedLauncher({ launch, keep }: Launcher, watch: RunWatch): Launcher {
  return { launch: observedLaunch(launch, watch), keep: observedKeep(keep, watch) };
}

function observedLaunch(launch: Launch, watch: RunWatch): Launch {
  return (application, handlers, event) => {
    let isOver = false;
    const over = (end: RunEnd | undefined): void => {
      if (isOver) return;
      isOver = true;
      watch.onEnd(end, run.usage());
    };
    const observed = {
      onStarted: () => handlers.onStarted(),
      onOutput: bothTold(watch, handlers),
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
    return { stop, usage: () => run.usage(), relink: (next) => run.relink(next) };
  };
}

function observedKeep(keep: LaunchKept, watch: RunWatch): LaunchKept {
  return (application, handlers, state) => {
    let isCalled = false;
    const observed = {
      ...handlers,
      onOutput: bothTold(watch, handlers),
      onEnd: (end: RunEnd) => {
        handlers.onEnd(end);
        // That of a call is seen when it is over.
        if (!isCalled) watch.onEnd(end, run.usage());
      },
    };
    const run = keep(application, observed, state);
    const handle = async (event: EventInput): Promise<RunEnd | undefined> => {
      const before = run.usage().fuelSpent;
      isCalled = true;
      const end = await run.handle(event);
      const { memoryBytes, fuelSpent } = run.usage();
      watch.onEnd(end, { memoryBytes, fuelSpent: fuelSpent - before });
      return end;
    };
    return {
      ...{ handle, capture: () => run.capture(), exportState: (bytesMax) => run.exportState(bytesMax) },
      stop: () => run.stop(),
      ...{ usage: () => run.usage(), relink: (next) => run.relink(next) },
    };
  };
}
