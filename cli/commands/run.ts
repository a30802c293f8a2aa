import type { RunEnd, RunOutcome, RunRequest } from '../../device-agent/runtime/run/request.ts';
import { type Command, type CommandContext, CommandError, type ParsedArguments } from '../command.ts';
import { type ExitCode, exitCodes, programExitCode } from '../exit-codes.ts';
import { requestOf, timeLimitOf } from '../run-options.ts';

/** How the process of the program went: what it answered, or how it ended without an answer. */
type ProcessEnd =
  | { readonly kind: 'answered'; readonly outcome: RunOutcome }
  | { readonly kind: 'died'; readonly how: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'stopped' };

const pagesOfMiB = 16;
/** What compiling and metering a module of tens of megabytes takes. */
const heapMiBMin = 256;

/** Values that V8 collects count to no memory of the program's: they are held by the limit of the whole process, which ends by it. */
function heapFlag({ memoryPagesMax }: RunRequest): string {
  return `--max-old-space-size=${Math.max(heapMiBMin, Math.ceil(memoryPagesMax / pagesOfMiB))}`;
}

function runInProcess(
  context: CommandContext,
  request: RunRequest,
  timeLimitMs: number | undefined,
): Promise<ProcessEnd> {
  const { projectDirectory, processes, clock, signal } = context;
  const program = `${projectDirectory}/device-agent/runtime/run/main.ts`;
  const child = processes.start(program, [], { inheritsInput: true, flags: [heapFlag(request)] });
  return new Promise((resolve) => {
    let answer: ProcessEnd | undefined;
    const end = (how: ProcessEnd): void => {
      answer ??= how;
      child.kill('SIGKILL');
    };
    const limit = timeLimitMs === undefined ? undefined : clock.after(timeLimitMs, () => end({ kind: 'timeout' }));
    signal.addEventListener('abort', () => end({ kind: 'stopped' }), { once: true });
    child.onMessage((outcome) => {
      answer ??= { kind: 'answered', outcome: outcome as RunOutcome };
    });
    child.onExit(({ code, signal: by }) => {
      limit?.[Symbol.dispose]();
      resolve(answer ?? { kind: 'died', how: by ?? `code ${code}` });
    });
    child.send(request);
  });
}

/** What is said of an end, and its exit code; nothing is said where the program has said it itself. */
function verdictOf(end: RunEnd): { readonly message?: string; readonly code: ExitCode } {
  switch (end.kind) {
    case 'exited':
      return { code: programExitCode(end.exitCode) };
    case 'returned':
      return { code: exitCodes.ok };
    case 'trapped':
      return { message: end.message, code: exitCodes.trap };
    case 'out-of-fuel':
      return { message: 'it has used all its fuel (--fuel)', code: exitCodes.outOfFuel };
    case 'out-of-memory':
      return { message: `it needs more memory than it has (--memory): ${end.message}`, code: exitCodes.outOfMemory };
    case 'refused':
      return { message: `it may not run: ${end.message}`, code: exitCodes.denied };
    case 'failed':
      return { message: `it could not be started: ${end.message}`, code: exitCodes.failed };
    default:
      throw new Error(end satisfies never);
  }
}

function report({ end, use }: RunOutcome): string {
  return `${JSON.stringify({ ...end, ...use })}\n`;
}

/** The outcome of a process that answered, or what its silence means. */
function outcomeOf(end: ProcessEnd, name: string): RunOutcome {
  if (end.kind === 'answered') return end.outcome;
  if (end.kind === 'timeout') {
    throw new CommandError(`${name}: it was ended at its time limit (--time-limit)`, exitCodes.timeLimit);
  }
  if (end.kind === 'stopped') throw new CommandError(`${name}: it was stopped`, exitCodes.interrupted);
  // V8 aborts the process when its heap is full, and the kernel kills one that takes what the machine has.
  const isMemory = end.how === 'SIGABRT' || end.how === 'SIGKILL' || end.how === 'code 134';
  throw new CommandError(
    `${name}: its process ended by ${end.how}${isMemory ? ', most likely for want of memory' : ''}`,
    isMemory ? exitCodes.outOfMemory : exitCodes.trap,
  );
}

async function run(context: CommandContext, args: ParsedArguments): Promise<ExitCode> {
  const request = requestOf(context.directory, args);
  const name = args.positionals[0]!;
  const outcome = outcomeOf(await runInProcess(context, request, timeLimitOf(args)), name);
  if (outcome.end.kind === 'returned') for (const result of outcome.end.results) context.stdout.write(`${result}\n`);
  const { message, code } = verdictOf(outcome.end);
  if (message !== undefined) context.stderr.write(`fleet: ${name}: ${message}\n`);
  if (args.flags.has('report')) context.stderr.write(report(outcome));
  return code;
}

export const runCommand: Command = {
  name: 'run',
  summary: 'run a Wasm file here in the sandbox of a device',
  arguments: 'FILE.wasm [-- ARGS]',
  options: {
    dir: {
      type: 'string',
      multiple: true,
      value: 'HOST::GUEST[:ro]',
      description: 'A directory that it may use, and only look at with :ro.',
    },
    env: { type: 'string', multiple: true, value: 'NAME=VALUE', description: 'A variable of its environment.' },
    stdin: {
      type: 'string',
      value: 'FILE',
      description: 'What it reads as its input; without it, this terminal or pipe.',
    },
    fuel: { type: 'string', value: 'N', description: 'Units of fuel, after which it ends.' },
    memory: { type: 'string', value: '16MiB', description: 'What its memories may grow to, all together.' },
    invoke: { type: 'string', value: 'NAME', description: 'An export to call with ARGS as values, instead of _start.' },
    'time-limit': { type: 'string', value: '10s', description: 'The time after which it is ended.' },
    report: { type: 'boolean', description: 'Tell at the end what it took, as one line of JSON on stderr.' },
  },
  run,
};
