import { fork, type ChildProcess as NodeChild, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { ChildProcess, ProcessExit, Processes, ProcessOptions, Programs } from '../ports.ts';
import { converse } from './dialogue.ts';
import { type Note, openNote } from './process-note.ts';
import { runProgram } from './run-program.ts';

function notStarted(error: unknown): ProcessExit {
  return { code: 127, signal: undefined, fault: error instanceof Error ? error.message : String(error) };
}

/** In place of a child that there is none of: Node throws some reasons, ENOMEM among them, and tells others by an event. */
function stillborn(error: unknown): ChildProcess {
  const nothing = (): void => {};
  return { pid: 0, send: nothing, onMessage: nothing, kill: nothing, onExit: (handler) => handler(notStarted(error)) };
}

function childProcess(child: NodeChild, note?: Note): ChildProcess {
  let exit: ProcessExit | undefined;
  const exitHandlers: ((exit: ProcessExit) => void)[] = [];
  const ended = (how: ProcessExit): void => {
    if (exit !== undefined) return;
    exit = how;
    note?.close();
    for (const handler of exitHandlers) handler(how);
  };
  child.on('exit', (code, signal) => ended({ code: code ?? undefined, signal: signal ?? undefined }));
  child.on('error', (error) => {
    // A child that could not be started has no exit event; one that only lost its channel has.
    if (child.pid === undefined) ended(notStarted(error));
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
    note: () => note?.read(),
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
function withOutput(
  { outputFile }: ProcessOptions,
  start: (output: number | 'inherit') => NodeChild,
  note?: Note,
): ChildProcess {
  let descriptor: number | undefined;
  try {
    descriptor = outputFile === undefined ? undefined : openSync(outputFile, 'a', 0o600);
    return childProcess(start(descriptor ?? 'inherit'), note);
  } catch (error) {
    note?.close();
    return stillborn(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Child processes under the running Node and its flags. */
export const nodeProcesses: Processes = {
  start: (file, args, options = {}) => {
    const note = options.hasNote ? openNote() : undefined;
    return withOutput(
      options,
      (output) =>
        fork(file, [...args], {
          ...commonOptions(options),
          execArgv: [...process.execArgv, ...(options.flags ?? [])],
          // The note's number is `noteDescriptor`.
          stdio: [inputOf(options), output, output, 'ipc', ...(note === undefined ? [] : [note.descriptor])],
          serialization: 'json',
        }),
      note,
    );
  },
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
  run: runProgram,
  converse,
};
