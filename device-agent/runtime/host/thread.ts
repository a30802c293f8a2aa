import { Worker } from 'node:worker_threads';
import type { Assignment, ThreadMessage } from '../worker/assignment.ts';
import type { Launch, RunHandlers } from './launch.ts';
import type { RunEnd } from './restart.ts';

/** Ceilings for the JavaScript side of a thread; a guest's linear memory is not in these. */
const resourceLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2, stackSizeMb: 4 };

function listen(worker: Worker, handlers: RunHandlers, isStopped: () => boolean): void {
  let hasEnded = false;
  const end = (how: RunEnd): void => {
    if (hasEnded || isStopped()) return;
    hasEnded = true;
    // Its thread lingers for reactors' sake; what has ended gives its memory back.
    void worker.terminate();
    handlers.onEnd(how);
  };
  worker.on('message', (message: ThreadMessage) => {
    if (hasEnded || isStopped()) return;
    if (message.kind === 'started') handlers.onStarted();
    else if (message.kind === 'output') handlers.onOutput();
    else if (message.kind !== 'resident') end(message);
  });
  worker.on('error', (error) =>
    end({ kind: 'crashed', message: `its thread died: ${error instanceof Error ? error.message : String(error)}` }),
  );
  worker.on('exit', (code) => end({ kind: 'crashed', message: `its thread ended with code ${code}` }));
}

/** Launches applications as worker threads of `file`. */
export function threadLauncher(file: string): Launch {
  return (application, output, handlers) => {
    const assignment: Assignment = {
      name: application.name,
      modulePath: application.modulePath,
      sha256: application.sha256,
      length: application.length,
      args: application.args,
      environment: application.env,
      config: `${JSON.stringify(application.config)}\n`,
      output,
    };
    const worker = new Worker(file, { workerData: assignment, resourceLimits, env: {}, stdin: false });
    let isStopped = false;
    listen(worker, handlers, () => isStopped);
    return {
      stop: async () => {
        isStopped = true;
        await worker.terminate();
      },
    };
  };
}
