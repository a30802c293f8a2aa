import {
  type ApplicationEnd,
  type ApplicationOutcome,
  interruptMessage,
} from '../device-agent/runtime/run/application-request.ts';
import { printableLines } from '../platform/printable.ts';
import { applicationPlan } from './application-plan.ts';
import type { CommandContext, ParsedArguments } from './command.ts';
import { type ExitCode, exitCodes, programExitCode } from './exit-codes.ts';
import { answerOf, runProcess } from './run-process.ts';

const file = 'device-agent/runtime/run/application-main.ts';
/** As a host that several applications share has it. */
const flags = ['--max-old-space-size=256'];

const codes = {
  trapped: exitCodes.trap,
  'out-of-fuel': exitCodes.outOfFuel,
  'out-of-memory': exitCodes.outOfMemory,
  'time-limit': exitCodes.timeLimit,
  refused: exitCodes.denied,
  failed: exitCodes.failed,
  interrupted: exitCodes.interrupted,
} as const satisfies Readonly<Record<Exclude<ApplicationEnd['kind'], 'exited' | 'handled'>, ExitCode>>;

function codeOf(end: ApplicationEnd): ExitCode {
  if (end.kind === 'handled') return exitCodes.ok;
  return end.kind === 'exited' ? programExitCode(end.exitCode) : codes[end.kind];
}

/** Runs an application as its manifest says. */
export async function runApplication(context: CommandContext, args: ParsedArguments): Promise<ExitCode> {
  const { name, request, keepsUntold } = applicationPlan(context, args);
  const { stateDirectory } = request;
  if (keepsUntold)
    context.stderr.write(`fleet: ${name}: what it keeps lies in ${stateDirectory}; --state DIR keeps it over runs\n`);
  // It ends by itself at its time limit, and answers then.
  const program = { file, flags, request, timeLimitMs: undefined, interrupt: interruptMessage };
  const { end, use } = answerOf(await runProcess<ApplicationOutcome>(context, program), name);
  if (args.values.state === undefined && !keepsUntold) context.disk.remove(stateDirectory);
  if ('message' in end) context.stderr.write(printableLines(`fleet: ${name}: ${end.message}\n`));
  if (args.flags.has('report')) context.stderr.write(`${JSON.stringify({ ...end, ...use })}\n`);
  return codeOf(end);
}
