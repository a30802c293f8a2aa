/** `fleet agent wake`: has the agent on this machine be in touch with its controller now. */
import type { LineDoors } from '../../platform/ports.ts';
import { askAboard } from './aboard-question.ts';

/** Tells in a line what comes of it. Throws why the agent was not woken. */
export async function wakeAgent(doors: Pick<LineDoors, 'ask'>, path: string): Promise<string> {
  const { inSeconds } = await askAboard(doors, path, 'woken', { ask: 'wake' });
  return inSeconds === 0 ? 'It asks now.\n' : `It asked just now, and asks again in ${inSeconds} s.\n`;
}
