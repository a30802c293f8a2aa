/** `fleet agent consent`: what somebody aboard says to a deployment that waits for it, by the agent's own socket. */
import type { LineDoors } from '../../platform/ports.ts';
import { consentWords } from '../../schemas/consent-words.ts';
import { askAboard, type Taken } from './aboard-question.ts';

/** What is said; without an answer it is only asked what waits. */
export interface ConsentWish {
  readonly answer?: 'granted' | 'denied';
  readonly deployment?: number;
  readonly by?: string;
  readonly reason?: string;
  readonly until?: string;
}

/** What waits, in lines. */
function statusText({ device, target, waiting, consent }: Taken<'status'>): string {
  if (target === undefined) return `${device}: no deployment waits.\n`;
  const asks = target.needsConsent ? 'needs consent' : 'needs no consent';
  const lines = [
    `${device}: deployment ${target.sequence} of commit ${target.revision.slice(0, 7)} ${asks}.`,
    ...(waiting === undefined ? [] : [`It does not go on now: ${waiting.message} (${waiting.code}).`]),
    ...(consent === undefined ? [] : [`${consentWords(consent)} (${consent.at}).`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Says it, and tells in lines what came of it. Throws why it was not taken. */
export async function consentAboard(doors: Pick<LineDoors, 'ask'>, path: string, wish: ConsentWish): Promise<string> {
  const { answer, by, reason, until } = wish;
  const status = await askAboard(doors, path, 'status', { ask: 'status' });
  if (answer === undefined) return statusText(status);
  const deployment = wish.deployment ?? status.target?.sequence;
  if (deployment === undefined) throw new Error('no deployment waits to be activated (NOTHING_WAITS)');
  if (by === undefined) throw new Error('nobody knows who says it; add --by NAME');
  const question = { ask: 'consent', deployment, answer, by, reason, until };
  const { consent } = await askAboard(doors, path, 'kept', question);
  return `${consentWords(consent)}; it is written down.\n`;
}

/** Who calls by the environment of a shell; whoever became another user is named as before. */
export function callerOf(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const { SUDO_USER, USER, LOGNAME } = environment;
  return SUDO_USER ?? USER ?? LOGNAME;
}
