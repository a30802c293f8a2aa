import type { Clock } from '../../platform/ports.ts';
import type { AppRuntime } from './app-runtime.ts';

/** What has not begun to run by then is not waited for. */
const firstRunMsMax = 3_000;

/** Resolves when everything that is to run does, or was told why not: what can wait leaves the processor to it. */
export function firstRun(runtime: Pick<AppRuntime, 'states' | 'onChange'>, clock: Pick<Clock, 'after'>): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (runtime.states().every(({ state }) => state !== 'starting')) resolve();
    };
    clock.after(firstRunMsMax, resolve);
    runtime.onChange(look);
    look();
  });
}
