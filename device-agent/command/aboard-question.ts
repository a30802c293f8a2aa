/** A question to the agent that runs on this machine, by its socket. */
import type { LineDoors } from '../../platform/ports.ts';
import type { AboardAnswer } from '../aboard/answer.ts';

/** An answer of one kind. */
export type Taken<K extends AboardAnswer['kind']> = Extract<AboardAnswer, { readonly kind: K }>;

/** The agent says why not. */
export class AboardRefusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${message} (${code})`);
    this.name = 'AboardRefusal';
    this.code = code;
  }
}

/** Asks the agent, which answers in this kind; throws `AboardRefusal` where it refuses, and otherwise where it does not answer. */
export async function askAboard<K extends Exclude<AboardAnswer['kind'], 'refused'>>(
  doors: Pick<LineDoors, 'ask'>,
  path: string,
  kind: K,
  question: object,
): Promise<Taken<K>> {
  let answer: AboardAnswer;
  try {
    answer = JSON.parse(await doors.ask(path, JSON.stringify(question)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the agent does not answer at ${path}: ${why}; does it run, and may you write there?`);
  }
  if (answer.kind === 'refused') throw new AboardRefusal(answer.code, answer.message);
  if (answer.kind !== kind) throw new Error(`what answers at ${path} is no agent of this version`);
  return answer as Taken<K>;
}
