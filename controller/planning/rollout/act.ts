/** What an operator does to a rollout, and in which states it can be done. */
import type { Wave } from './policy.ts';
import { actsMax, goesBack, type Rollout, type RolloutAct, reverting, withEvent } from './rollout.ts';
import { whyNotLet, withWhole } from './whole-modules.ts';

/** An act as it was asked for. */
export interface Asked extends Omit<RolloutAct, 'at'> {
  /** Which wave is said yes to; the one that waits for it without a name. */
  readonly wave?: string;
  /** Of allow-whole: which device; all that ask without it. */
  readonly device?: string;
  /** Of an abort: devices that changed already go back. */
  readonly revert?: boolean;
  /** Which rollout is meant: a newer one, which nobody has looked at, is left alone. */
  readonly number?: number;
}

/** A wave, as far as somebody may have to say yes to it. */
type Approved = Pick<Wave, 'name' | 'approve'>;

/** What became of it; the message is for who asked. */
export type Acted =
  | { readonly kind: 'done'; readonly rollout: Rollout }
  | { readonly kind: 'refused'; readonly message: string };

/** Acts that mean something, by state; to let devices take modules whole does in any, for some come back long after it is over. */
export const actsIn: Readonly<Record<Rollout['state'], readonly Exclude<RolloutAct['act'], 'allow-whole'>[]>> = {
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

/** It is so from now on, for a reason that is told too. */
function became(rollout: Rollout, reason: Rollout['reason'], now: number): Acted {
  return { kind: 'done', rollout: withEvent({ ...rollout, reason }, now, reason) };
}

function approved(rollout: Rollout, asked: Asked, waves: readonly Approved[], now: number): Acted {
  // As `openWave` has it: a commit may have taken waves away since.
  const open = waves[Math.min(rollout.wave, waves.length - 1)];
  const name = asked.wave ?? open?.name;
  const wave = waves.find((one) => one.name === name);
  if (wave === undefined) {
    const known = waves.map((one) => one.name).join(', ');
    return refused(`fleet ${rollout.fleet} has no wave ${JSON.stringify(name)}; its waves are ${known}`);
  }
  if (wave.approve === undefined) {
    const others = waves.filter(({ approve }) => approve !== undefined).map((one) => one.name);
    const which = others.length === 0 ? 'no wave does' : `those that do are ${others.join(', ')}`;
    return refused(`wave ${wave.name} needs no yes; ${which}`);
  }
  if (rollout.approved.includes(wave.name)) return refused(`wave ${wave.name} is approved already`);
  const told = because('WAVE_APPROVED', `approved wave ${wave.name}`, asked);
  // Its devices are offered something from now on, or from when it is resumed.
  const begins = wave.approve === 'before' && open === wave ? { waveStartedAt: now } : {};
  const yes = { ...rollout, ...begins, approved: [...rollout.approved, wave.name] };
  return { kind: 'done', rollout: withEvent(yes, now, told) };
}

function aborted(rollout: Rollout, asked: Asked, now: number): Acted {
  if (asked.revert !== true) {
    if (rollout.state === 'halted') return refused('it is halted already; --revert takes its devices back');
    return became({ ...rollout, state: 'halted' }, because('ROLLOUT_ABORTED', 'aborted it', asked), now);
  }
  if (rollout.good === undefined)
    return refused('there is nothing to go back to: no rollout of this fleet was completed');
  const reason = because('ROLLOUT_ABORTED', 'aborted it and takes its devices back', asked);
  return became(reverting(rollout, now), reason, now);
}

/** While it is paused nobody is offered anything, and no wave loses patience. */
function resumed(rollout: Rollout, asked: Asked, now: number): Acted {
  const pausedAt = rollout.acts.findLast(({ act }) => act === 'pause')?.at ?? now;
  const waveStartedAt = Math.min(now, rollout.waveStartedAt + Math.max(0, now - pausedAt));
  return became({ ...rollout, state: 'running', waveStartedAt }, because('ROLLOUT_RESUMED', 'resumed it', asked), now);
}

/**
 * The wave that failed begins anew: what was seen of it before counts no more. Of a rollout whose devices went back the first one
 * does: those before the one that failed run it no more.
 */
function retried(rollout: Rollout, asked: Asked, now: number): Acted {
  const { gatePassedAt: _, reopened: _before, ...rest } = rollout;
  const from = goesBack(rollout) ? { wave: 0, approved: [] } : {};
  const reason = because('ROLLOUT_RETRIED', 'tries again', asked);
  const retries = (rollout.retries ?? 0) + 1;
  return became({ ...rest, ...from, retries, state: 'running', waveStartedAt: now }, reason, now);
}

function letWhole(rollout: Rollout, asked: Asked, now: number): Acted {
  const why = whyNotLet(rollout, asked);
  return why === undefined ? { kind: 'done', rollout: withWhole(rollout, asked, now) } : refused(why);
}

function decided(rollout: Rollout, asked: Asked, waves: readonly Approved[], now: number): Acted {
  switch (asked.act) {
    case 'pause':
      return became({ ...rollout, state: 'paused' }, because('ROLLOUT_PAUSED', 'paused it', asked), now);
    case 'resume':
      return resumed(rollout, asked, now);
    case 'approve':
      return approved(rollout, asked, waves, now);
    case 'abort':
      return aborted(rollout, asked, now);
    case 'retry':
      return retried(rollout, asked, now);
    case 'allow-whole':
      return letWhole(rollout, asked, now);
    default:
      throw asked.act satisfies never;
  }
}

/** The newest of them; the beginning of a pause that lasts is kept, as patience is counted by it. */
function newest(acts: Rollout['acts'], state: Rollout['state']): Rollout['acts'] {
  const kept = acts.slice(-actsMax);
  const pause = acts.findLast(({ act }) => act === 'pause');
  return state !== 'paused' || pause === undefined || kept.includes(pause) ? kept : [pause, ...kept.slice(1)];
}

/** Does it, and writes down who did and why. `waves` are those of the fleet, in order. */
export function actOn(rollout: Rollout, asked: Asked, waves: readonly Approved[], now: number): Acted {
  const { act, who, why, number } = asked;
  const { state, fleet, acts } = rollout;
  if (number !== undefined && number !== rollout.number) {
    const current = `rollout ${rollout.number}, of commit ${rollout.revision.slice(0, 7)}`;
    return refused(`fleet ${fleet} is at ${current}, not ${number}: look at that one first`);
  }
  if (act !== 'allow-whole' && !actsIn[state].includes(act)) {
    const possible = actsIn[state].length === 0 ? 'a commit takes it back' : `it takes ${actsIn[state].join(', ')}`;
    return refused(`the rollout of fleet ${fleet} is ${state}: ${possible}, not ${act}`);
  }
  const acted = decided(rollout, asked, waves, now);
  if (acted.kind === 'refused') return acted;
  const all = [...acts, { at: now, who, act, why }];
  return { kind: 'done', rollout: { ...acted.rollout, acts: newest(all, acted.rollout.state) } };
}
