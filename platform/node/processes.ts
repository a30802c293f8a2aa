import { fork, type ChildProcess as NodeChild, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { ChildProcess, Processes, ProcessOptions, Programs } from '../ports.ts';

interface Exit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

function childProcess(child: NodeChild): ChildProcess {
  let exit: Exit | undefined;
  const exitHandlers: ((exit: Exit) => void)[] = [];
  const ended = (how: Exit): void => {
    if (exit !== undefined) return;
    exit = how;
    for (const handler of exitHandlers) handler(how);
  };
  child.on('exit', (code, signal) => ended({ code: code ?? undefined, signal: signal ?? undefined }));
  child.on('error', () => {
    // A child that could not be started has no exit event; one that only lost its channel has.
    if (child.pid === undefined) ended({ code: 127, signal: undefined });
  });
  return {
    pid: child.pid ?? 0,
    send: (message) => {
      if (child.connected) child.send(message as object);
    },
    onMessage: (handler) => child.on('message', handler),
    onExit: (handler) => {
      if (exit === undefined) exitHandlers.push(handler);
      else handler(exit);
    },
    kill: (signal) => child.kill(signal),
  };
}

function commonOptions({ environment, directory }: ProcessOptions) {
  return {
    ...(directory === undefined ? {} : { cwd: directory }),
    ...(environment === undefined ? {} : { env: { ...process.env, ...environment } }),
  };
}

function inputOf({ inheritsInput }: ProcessOptions): 'inherit' | 'ignore' {
  return inheritsInput ? 'inherit' : 'ignore';
}

/** Runs `start` with the descriptor that the child's output goes to, and closes our end of it afterwards. */
function withOutput(options: ProcessOptions, start: (output: number | 'inherit') => NodeChild): ChildProcess {
  if (options.outputFile === undefined) return childProcess(start('inherit'));
  const descriptor = openSync(options.outputFile, 'a', 0o600);
  try {
    return childProcess(start(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

/** Child processes under the running Node and its flags. */
export const nodeProcesses: Processes = {
  start: (file, args, options = {}) =>
    withOutput(options, (output) =>
      fork(file, [...args], {
        ...commonOptions(options),
        execArgv: [...process.execArgv, ...(options.flags ?? [])],
        stdio: [inputOf(options), output, output, 'ipc'],
        serialization: 'json',
      }),
    ),
};

/** Programs of this machine. */
export const nodePrograms: Programs = {
  start: (name, args, options = {}) =>
    withOutput(options, (output) =>
      spawn(name, [...args], {
        ...commonOptions(options),
        stdio: [inputOf(options), output, output],
      }),
    ),
};
