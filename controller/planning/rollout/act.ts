/** What an operator does to a rollout, and in which states it can be done. */
import { actsMax, type Rollout, type RolloutAct } from './rollout.ts';

/** An act as it was asked for. */
export interface Asked extends Omit<RolloutAct, 'at'> {
  /** Which wave is said yes to; the one that waits for it without a name. */
  readonly wave?: string;
  /** Of an abort: devices that changed already go back. */
  readonly revert?: boolean;
}

/** What became of it; the message is for who asked. */
export type Acted =
  | { readonly kind: 'done'; readonly rollout: Rollout }
  | { readonly kind: 'refused'; readonly message: string };

/** Acts that mean something, by state. */
export const actsIn: Readonly<Record<Rollout['state'], readonly RolloutAct['act'][]>> = {
  running: ['pause', 'approve', 'abort'],
  paused: ['resume', 'approve', 'abort'],
  halted: ['retry', 'abort'],
  reverting: ['retry'],
  done: [],
};

function refused(message: string): Acted {
  return { kind: 'refused', message };
}

function because(code: string, what: string, { who, why }: Asked): Rollout['reason'] {
  return { code, message: `${who} ${what}${why === '' ? '' : `: ${why}`}` };
}

function approved(rollout: Rollout, asked: Asked, waves: readonly string[]): Acted {
  const wave = asked.wave ?? waves[rollout.wave];
  if (wave === undefined || !waves.includes(wave)) {
    return refused(`fleet ${rollout.fleet} has no wave ${JSON.stringify(wave)}; its waves are ${waves.join(', ')}`);
  }
  if (rollout.approved.includes(wave)) return refused(`wave ${wave} is approved already`);
  return { kind: 'done', rollout: { ...rollout, approved: [...rollout.approved, wave] } };
}

function aborted(rollout: Rollout, asked: Asked): Acted {
  if (asked.revert !== true) {
    if (rollout.state === 'halted') return refused('it is halted already; --revert takes its devices back');
    const reason = because('ROLLOUT_ABORTED', 'aborted it', asked);
    return { kind: 'done', rollout: { ...rollout, state: 'halted', reason } };
  }
  if (rollout.good === undefined)
    return refused('there is nothing to go back to: no rollout of this fleet was completed');
  const reason = because('ROLLOUT_ABORTED', 'aborted it and takes its devices back', asked);
  return { kind: 'done', rollout: { ...rollout, state: 'reverting', reason } };
}

/** The wave that failed begins anew: what was seen of it before counts no more. */
function retried(rollout: Rollout, asked: Asked, now: number): Acted {
  const { gatePassedAt: _, ...rest } = rollout;
  const reason = because('ROLLOUT_RETRIED', 'tries again', asked);
  return { kind: 'done', rollout: { ...rest, state: 'running', waveStartedAt: now, reason } };
}

function decided(rollout: Rollout, asked: Asked, waves: readonly string[], now: number): Acted {
  switch (asked.act) {
    case 'pause':
      return {
        kind: 'done',
        rollout: { ...rollout, state: 'paused', reason: because('ROLLOUT_PAUSED', 'paused it', asked) },
      };
    case 'resume':
      return {
        kind: 'done',
        rollout: { ...rollout, state: 'running', reason: because('ROLLOUT_RESUMED', 'resumed it', asked) },
      };
    case 'approve':
      return approved(rollout, asked, waves);
    case 'abort':
      return aborted(rollout, asked);
    case 'retry':
      return retried(rollout, asked, now);
    default:
      throw asked.act satisfies never;
  }
}

/** Does it, and writes down who did and why. `waves` are the names of the fleet's waves, in order. */
export function actOn(rollout: Rollout, asked: Asked, waves: readonly string[], now: number): Acted {
  const { act, who, why } = asked;
  const { state, fleet, acts } = rollout;
  if (!actsIn[state].includes(act)) {
    const possible = actsIn[state].length === 0 ? 'nothing can be done to it' : `it takes ${actsIn[state].join(', ')}`;
    return refused(`the rollout of fleet ${fleet} is ${state}: ${possible}, not ${act}`);
  }
  const acted = decided(rollout, asked, waves, now);
  if (acted.kind === 'refused') return acted;
  return { kind: 'done', rollout: { ...acted.rollout, acts: [...acts, { at: now, who, act, why }].slice(-actsMax) } };
}
