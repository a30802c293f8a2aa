import { type CommandContext, CommandError } from './command.ts';
import { exitCodes } from './exit-codes.ts';

/** How a process that runs a program went: what it answered, or how it ended without an answer. */
export type ProcessEnd<T> =
  | { readonly kind: 'answered'; readonly outcome: T }
  | { readonly kind: 'died'; readonly how: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'stopped' };

/** What is run, and how it is ended. */
export interface ProgramProcess {
  /** Below the project. */
  readonly file: string;
  readonly flags: readonly string[];
  readonly request: object;
  readonly timeLimitMs: number | undefined;
  /** Sent instead of a signal when the user wants to stop; it has some time to answer. */
  readonly interrupt?: string;
}

/** What a process takes at most to answer when it was asked to stop. */
const answerMsMax = 5_000;

/** Starts the process, hands it its request, and waits for its answer or its end. */
export function runProcess<T>(context: CommandContext, program: ProgramProcess): Promise<ProcessEnd<T>> {
  const { projectDirectory, processes, clock, signal } = context;
  const { file, flags, request, timeLimitMs, interrupt } = program;
  const child = processes.start(`${projectDirectory}/${file}`, [], { inheritsInput: true, flags });
  return new Promise((resolve) => {
    let answer: ProcessEnd<T> | undefined;
    const end = (how: ProcessEnd<T>): void => {
      answer ??= how;
      child.kill('SIGKILL');
    };
    const stop = (): void => {
      if (interrupt === undefined) return end({ kind: 'stopped' });
      child.send(interrupt);
      clock.after(answerMsMax, () => end({ kind: 'stopped' }));
    };
    const limit = timeLimitMs === undefined ? undefined : clock.after(timeLimitMs, () => end({ kind: 'timeout' }));
    signal.addEventListener('abort', stop, { once: true });
    child.onMessage((outcome) => {
      answer ??= { kind: 'answered', outcome: outcome as T };
    });
    child.onExit(({ code, signal: by }) => {
      limit?.[Symbol.dispose]();
      resolve(answer ?? { kind: 'died', how: by ?? `code ${code}` });
    });
    child.send(request);
  });
}

/** What is said of a program that was ended for the time it took. */
export const lateMessage = 'it was ended at its time limit (--time-limit)';

/** The answer of a process, or what its silence means, as `CommandError`. */
export function answerOf<T>(end: ProcessEnd<T>, name: string): T {
  if (end.kind === 'answered') return end.outcome;
  if (end.kind === 'timeout') {
    throw new CommandError(`${name}: ${lateMessage}`, exitCodes.timeLimit);
  }
  if (end.kind === 'stopped') throw new CommandError(`${name}: it was stopped`, exitCodes.interrupted);
  // V8 aborts the process when its heap is full, and the kernel kills one that takes what the machine has.
  const isMemory = end.how === 'SIGABRT' || end.how === 'SIGKILL' || end.how === 'code 134';
  throw new CommandError(
    `${name}: its process ended by ${end.how}${isMemory ? ', most likely for want of memory' : ''}`,
    isMemory ? exitCodes.outOfMemory : exitCodes.trap,
  );
}
