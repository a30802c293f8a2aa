import { runByItself } from './guest.ts';
import { GuestRun, type RunPorts } from './guest-run.ts';
import { KeptGuestRun } from './kept-guest-run.ts';
import type { Launcher } from './launch.ts';

/** Launches applications as guests of this process, all on one thread. */
export function guestLauncher(ports: RunPorts): Launcher {
  return {
    launch: (application, handlers, input) => {
      // One that stays after `_initialize` has no end.
      const onEnd: ConstructorParameters<typeof GuestRun>[0]['handlers']['onEnd'] = (end) => {
        if (end.kind !== 'resident') handlers.onEnd(end);
      };
      const told = {
        onStarted: () => handlers.onStarted(),
        onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => handlers.onOutput(stream, bytes),
        onEnd,
      };
      return new GuestRun({ application, handlers: told, input, start: () => runByItself }, ports);
    },
    keep: (application, handlers, state) => new KeptGuestRun(application, handlers, state, ports),
  };
}
