import type { RunEnd, RunOutcome, RunRequest } from '../../device-agent/runtime/run/request.ts';
import { printableLines } from '../../platform/printable.ts';
import { applicationOptions } from '../application-options.ts';
import { type Command, type CommandContext, CommandError, type ParsedArguments } from '../command.ts';
import { type ExitCode, exitCodes, programExitCode } from '../exit-codes.ts';
import { requestOf, timeLimitOf } from '../run-options.ts';
import { answerOf, lateMessage, runProcess } from '../run-process.ts';

const file = 'device-agent/runtime/run/main.ts';
const pagesOfMiB = 16;
/** A process ends its program in time and tells what that took, however busy the machine; one that does not for so long is ended itself. */
const graceMs = 30_000;
/** What compiling and metering a module of tens of megabytes takes. */
const heapMiBMin = 256;

/** Values that V8 collects count to no memory of the program's: they are held by the limit of the whole process, which ends by it. */
function heapFlag({ memoryPagesMax }: RunRequest): string {
  return `--max-old-space-size=${Math.max(heapMiBMin, Math.ceil(memoryPagesMax / pagesOfMiB))}`;
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
    case 'time-limit':
      return { message: lateMessage, code: exitCodes.timeLimit };
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

async function runModule(context: CommandContext, args: ParsedArguments): Promise<ExitCode> {
  const other = Object.keys(applicationOptions).find((name) => name in args.values || name in args.lists);
  if (other !== undefined) throw new CommandError(`--${other} goes with --app`, exitCodes.usage);
  const request = requestOf(context.directory, args);
  const name = args.positionals[0]!;
  const timeLimitMs = timeLimitOf(args);
  const program = {
    ...{ file, flags: [heapFlag(request)] },
    request: { ...request, ...(timeLimitMs === undefined ? {} : { timeLimitMs }) },
    timeLimitMs: timeLimitMs && timeLimitMs + graceMs,
  };
  const outcome = answerOf(await runProcess<RunOutcome>(context, program), name);
  if (outcome.end.kind === 'returned') for (const result of outcome.end.results) context.stdout.write(`${result}\n`);
  const { message, code } = verdictOf(outcome.end);
  if (message !== undefined) context.stderr.write(printableLines(`fleet: ${name}: ${message}\n`));
  if (args.flags.has('report')) context.stderr.write(report(outcome));
  return code;
}

export const runCommand: Command = {
  name: 'run',
  summary: 'run a Wasm file, or an application as its manifest says, here in the sandbox of a device',
  arguments: '[FILE.wasm] [-- ARGS]',
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
    'snapshot-to': {
      type: 'string',
      value: 'FILE',
      description: 'Where its state goes once the export that was called has returned.',
    },
    'restore-from': { type: 'string', value: 'FILE', description: 'A state to go on from; of the very same module.' },
    'time-limit': { type: 'string', value: '10s', description: 'The time after which it is ended.' },
    ...applicationOptions,
    report: { type: 'boolean', description: 'Tell at the end what it took, as one line of JSON on stderr.' },
  },
  run: async (context, args) =>
    args.values.app === undefined
      ? runModule(context, args)
      : (await import('../run-application.ts')).runApplication(context, args),
};
