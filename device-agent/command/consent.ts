/** `fleet agent consent`: what somebody aboard says to a deployment that waits for it, by the agent's own socket. */
import type { LineDoors } from '../../platform/ports.ts';
import { isObject } from '../../schemas/json-object.ts';

/** What is said; without an answer it is only asked what waits. */
export interface ConsentWish {
  readonly answer?: 'granted' | 'denied';
  readonly deployment?: number;
  readonly by?: string;
  readonly reason?: string;
  readonly until?: string;
}

type Answer = Readonly<Record<string, unknown>>;

async function asked(doors: Pick<LineDoors, 'ask'>, path: string, question: object): Promise<Answer> {
  let line: string;
  try {
    line = await doors.ask(path, JSON.stringify(question));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the agent does not answer at ${path}: ${why}; does it run, and may you write there?`);
  }
  const answer: unknown = JSON.parse(line);
  if (!isObject(answer)) throw new Error(`what answers at ${path} is no agent`);
  if (answer.kind === 'refused') throw new Error(`${answer.message} (${answer.code})`);
  return answer;
}

function partOf(answer: Answer, name: string): Answer | undefined {
  const part = answer[name];
  return isObject(part) ? part : undefined;
}

/** What waits, in lines. */
function statusText(status: Answer): string {
  const [target, waiting, consent] = [partOf(status, 'target'), partOf(status, 'waiting'), partOf(status, 'consent')];
  if (target === undefined) return `${status.device}: no deployment waits.\n`;
  const asks = target.needsConsent === true ? 'needs consent' : 'needs no consent';
  const lines = [
    `${status.device}: deployment ${target.sequence} of commit ${String(target.revision).slice(0, 7)} ${asks}.`,
    ...(waiting === undefined ? [] : [`It does not go on now: ${waiting.message} (${waiting.code}).`]),
    ...(consent === undefined
      ? []
      : [`${consent.by} said ${consent.answer === 'granted' ? 'yes' : 'no'} at ${consent.at}.`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Says it, and tells in lines what came of it. Throws why it was not taken. */
export async function consentAboard(doors: Pick<LineDoors, 'ask'>, path: string, wish: ConsentWish): Promise<string> {
  const { answer, by, reason, until } = wish;
  const status = await asked(doors, path, { ask: 'status' });
  if (answer === undefined) return statusText(status);
  const deployment = wish.deployment ?? partOf(status, 'target')?.sequence;
  if (deployment === undefined) throw new Error('no deployment waits to be activated (NOTHING_WAITS)');
  if (by === undefined) throw new Error('nobody knows who says it; add --by NAME');
  await asked(doors, path, { ask: 'consent', deployment, answer, by, reason, until });
  const end = until === undefined ? '' : ` until ${until}`;
  return `${by} said ${answer === 'granted' ? 'yes' : 'no'} to deployment ${deployment}${end}; it is written down.\n`;
}

/** Who calls by the environment of a shell; whoever became another user is named as before. */
export function callerOf(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const { SUDO_USER, USER, LOGNAME } = environment;
  return SUDO_USER ?? USER ?? LOGNAME;
}
