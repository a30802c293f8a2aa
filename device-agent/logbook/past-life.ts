/** How the agent's life before this one ended, by what it left: a note that says whether it was told to stop, on which start of the machine. */

import { minuteWords, spanWords } from './span-words.ts';
import type { StartAllowance } from './start-allowance.ts';

/** What a life leaves. */
export interface LifeNote {
  readonly isStopped: boolean;
  /** When it was known to be alive last, by its own time. */
  readonly aliveMs: number;
  /** Which start of the machine it lived in; 0 where the machine does not say. */
  readonly machine: number;
  /** Starts that may be written down. */
  readonly starts: StartAllowance;
}

/** What became of it. `ended`: nobody told it to stop, and whether the machine went with it is not known. */
export type PastLife = 'stopped' | 'killed' | 'machine-restarted' | 'power-cut' | 'ended';

/** Judges it from the life that follows. */
export function judgeLife(
  { isStopped, machine }: Pick<LifeNote, 'isStopped' | 'machine'>,
  machineNow: number,
): PastLife {
  const isKnown = machine !== 0 && machineNow !== 0;
  if (isKnown && machine !== machineNow) return isStopped ? 'machine-restarted' : 'power-cut';
  if (isStopped) return 'stopped';
  return isKnown ? 'killed' : 'ended';
}

const stories: Readonly<Record<PastLife, { readonly code: string; readonly words: string }>> = {
  stopped: { code: 'AGENT_RESTARTED', words: 'its agent was stopped and started again' },
  killed: { code: 'AGENT_KILLED', words: 'its agent was killed or crashed, and was started again' },
  'machine-restarted': { code: 'MACHINE_RESTARTED', words: 'the machine was restarted in good order' },
  'power-cut': { code: 'POWER_CUT', words: 'the machine went down without a warning and was started again' },
  ended: { code: 'AGENT_ENDED', words: 'its agent ended without being told to, and was started again' },
};

/** What the logbook says of a start that follows on such a life, whose note may be torn. */
export function startEntry(left: LifeNote | 'torn', machineNow: number, agentVersion: string, nowMs: number) {
  const { code, words } = stories[left === 'torn' ? 'ended' : judgeLife(left, machineNow)];
  if (left === 'torn') return { code, message: `${words} (agent ${agentVersion}); when it ended is not known` };
  const wasAlive = `alive at ${minuteWords(left.aliveMs)}`;
  const gap = nowMs < left.aliveMs ? wasAlive : `${wasAlive}, ${spanWords(nowMs - left.aliveMs)} before`;
  return { code, message: `${words} (agent ${agentVersion}); it was known to be ${gap}` };
}
