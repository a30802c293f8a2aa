/** A revision that the controller would refuse, as the end of a command. */
import type { Problem } from '../schemas/generated/types.ts';
import { CommandError } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { renderProblem } from './render/problems.ts';

/** Says what is wrong with it, to people and to the forms of a plan. */
export class RefusedRevision extends CommandError {
  /** `the working tree`, or the first digits of a commit. */
  readonly what: string;
  readonly problems: readonly Problem[];

  constructor(what: string, problems: readonly Problem[]) {
    const lines = problems.map(renderProblem).join('\n');
    super(`${what} is not valid; the controller would refuse it, no device would move\n${lines}`, exitCodes.refused);
    this.name = 'RefusedRevision';
    this.what = what;
    this.problems = problems;
  }
}
