/** What the exit code of `fleet` says; documented in the README. */
export const exitCodes = {
  /** Done; for status, wait: converged. */
  ok: 0,
  /** Bad input or a failure of the command itself. */
  failed: 1,
  /** The command line does not parse. */
  usage: 2,
  /** Devices are on their way. */
  progressing: 3,
  /** A device has refused, gone back or fails, or a rollout is halted. */
  halted: 4,
  /** Some devices are dark or were never heard of, or the newest revision is refused. */
  stale: 5,
  /** The controller does not answer. */
  unreachable: 6,
  /** `fleet wait` gave up. */
  timeout: 7,
  /** `fleet delta apply`: the old file is not the one the patch was made from. */
  wrongBase: 8,
  /** `fleet delta`: the patch is corrupt, of a later format, or asks for too much. */
  badPatch: 9,
  /** The disk is full. */
  diskFull: 10,
  /** `fleet plan --exit-code`: a device would change. */
  changes: 11,
  /** `fleet plan`: it is over a limit of a policy, or, with `--policy`, a device would lose its applications, and its manifest does not say that it is meant to. */
  policy: 12,
  /** `fleet plan`: the controller would refuse the revision. */
  refused: 13,
  /** `fleet run`: the program used all its fuel. Codes from here on are as shells have them, where they have them. */
  outOfFuel: 123,
  /** `fleet run`: the program was ended at its time limit. */
  timeLimit: 124,
  /** `fleet run`: the module imports what nobody grants, is too large or is no module; nothing of it ran. */
  denied: 126,
  /** `fleet run`: it was interrupted. */
  interrupted: 130,
  /** `fleet run`: the program trapped, or threw what nobody caught. */
  trap: 134,
  /** `fleet run`: the program needed more memory than it has. */
  outOfMemory: 137,
} as const;

export type ExitCodeName = keyof typeof exitCodes;

/** As help lists them. */
export const exitCodeWords: Readonly<Record<ExitCodeName, string>> = {
  ok: 'done or converged',
  failed: 'failed',
  usage: 'command line not understood',
  progressing: 'progressing',
  halted: 'halted',
  stale: 'stale',
  unreachable: 'controller does not answer',
  timeout: 'wait gave up',
  wrongBase: 'patch is for another file',
  badPatch: 'bad patch',
  diskFull: 'disk full',
  changes: 'plan has changes',
  policy: 'plan breaks the policy',
  refused: 'revision refused',
  outOfFuel: 'out of fuel',
  timeLimit: 'time limit',
  denied: 'module refused',
  interrupted: 'interrupted',
  trap: 'trap',
  outOfMemory: 'out of memory',
};

declare const ofProgram: unique symbol;

/** The exit code of a program that `fleet run` ran: whatever it wants. */
export type ProgramExitCode = number & { readonly [ofProgram]: true };

/** A program's exit code as the operating system passes it on: the lowest eight bits. */
export function programExitCode(code: number): ProgramExitCode {
  return (code & 0xff) as ProgramExitCode;
}

export type ExitCode = (typeof exitCodes)[ExitCodeName] | ProgramExitCode;
