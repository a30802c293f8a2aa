/** What may be done to a rollout in which state, and why not where it may not. */
import type { RolloutActName, RolloutStatus } from '../../schemas/generated/types.ts';

export interface RolloutAction {
  readonly act: RolloutActName;
  readonly label: string;
  readonly revert?: true;
  /** Why it can't be done now; absent where it can. */
  readonly disabledReason?: string;
}

const possibleIn: Readonly<Record<RolloutStatus['state'], readonly RolloutActName[]>> = {
  running: ['pause', 'approve', 'abort'],
  paused: ['resume', 'approve', 'abort'],
  halted: ['retry', 'abort'],
  reverting: ['retry'],
  done: [],
};

const actions = [
  { act: 'approve', label: 'Approve wave' },
  { act: 'pause', label: 'Pause' },
  { act: 'resume', label: 'Resume' },
  { act: 'retry', label: 'Try again' },
  { act: 'abort', label: 'Abort' },
  { act: 'abort', label: 'Abort and go back', revert: true },
  { act: 'allow-whole', label: 'Allow whole modules' },
] as const satisfies readonly RolloutAction[];

/** The wave that an approval would be for. */
export function waveToApprove({ wave, waves }: Pick<RolloutStatus, 'wave' | 'waves'>): string | undefined {
  const open = waves[Math.min(wave, waves.length) - 1];
  return open?.approve !== undefined && open.isApproved !== true ? open.name : undefined;
}

function whyNot(rollout: RolloutStatus, { act, revert }: Pick<RolloutAction, 'act' | 'revert'>): string | undefined {
  const { state, good, asking } = rollout;
  if (act === 'allow-whole') return asking === undefined ? 'no device asks for it' : undefined;
  if (!possibleIn[state].includes(act)) return `it is ${state}`;
  if (act === 'approve' && waveToApprove(rollout) === undefined) return 'the open wave waits for no approval';
  if (act === 'abort' && revert === undefined && state === 'halted') return 'it is halted already';
  if (revert && good === undefined) return 'no rollout of this fleet was completed, so there is nothing to go back to';
  return undefined;
}

/** All that there is, in one order, whatever can be done now. */
export function actionsOf(rollout: RolloutStatus): RolloutAction[] {
  return actions.map((action) => {
    const disabledReason = whyNot(rollout, action);
    return disabledReason === undefined ? action : { ...action, disabledReason };
  });
}
