/** A question to the agent that runs on this machine, by its socket. */
import type { LineDoors } from '../../platform/ports.ts';
import type { AboardAnswer } from '../aboard/answer.ts';

/** An answer of one kind. */
export type Taken<K extends AboardAnswer['kind']> = Extract<AboardAnswer, { readonly kind: K }>;

/** Asks the agent, which answers in this kind; throws where it refuses, or does not answer. */
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
  if (answer.kind === 'refused') throw new Error(`${answer.message} (${answer.code})`);
  if (answer.kind !== kind) throw new Error(`what answers at ${path} is no agent of this version`);
  return answer as Taken<K>;
}
