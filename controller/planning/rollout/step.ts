/**
 * How a rollout goes on by itself, from what is counted of its waves. Of a wave:
 *
 *     needs a yes (before) ──► needs deltas ──► open ──► gate passed: soaks ──► needs a yes (after) ──► the next wave, or done
 *                               └────────── failures ────────► halted, or reverting ──► halted
 *
 * A rollout that is answered as it was handed in has nothing to write.
 */
import type { Reason } from '../../../schemas/generated/types.ts';
import { toTheSecond } from '../moments.ts';
import type { Tally } from './book.ts';
import { awaitedText, awaitsDeltas, type DeltasOf, lateText, noneOpen } from './deltas.ts';
import { judgeGate, noCounts, passedText, whyFailed } from './gate.ts';
import type { RolloutPolicy, Wave } from './policy.ts';
import { returnedText, returningText } from './returning.ts';
import { type Rollout, reverting, withEvent } from './rollout.ts';

/** The rollout from now on. */
export interface Stepped {
  readonly rollout: Rollout;
  /** What happened to it just now, in order. */
  readonly events: readonly Reason[];
  /** What holds it, with numbers of this moment. */
  readonly verdict: Reason;
  /** When time alone changes it. */
  readonly nextAt?: number;
}

/** One move, or what holds it. */
type Move =
  | { readonly kind: 'moved'; readonly rollout: Rollout }
  | { readonly kind: 'holds'; readonly verdict: Reason; readonly nextAt?: number };

interface Standing extends Omit<Tally, 'asking'> {
  readonly deltasOf: DeltasOf;
  readonly policy: RolloutPolicy;
  readonly now: number;
}

function moved(rollout: Rollout, code: string, message: string): Move {
  return { kind: 'moved', rollout: { ...rollout, reason: { code, message } } };
}

/** The wave that is open; a policy with fewer waves than the rollout began with has its last one open. */
export function openWave({ waves }: RolloutPolicy, { wave }: Rollout): { readonly index: number; readonly wave: Wave } {
  const index = Math.min(wave, waves.length - 1);
  return { index, wave: waves[index]! };
}

/** Whether somebody has to say yes before its devices are offered anything. */
export function needsYesBefore(wave: Wave, { approved }: Rollout): boolean {
  return wave.approve === 'before' && !approved.includes(wave.name);
}

function whyStopped({ wave }: Rollout, { waves }: RolloutPolicy, counts: Tally['counts']): Reason | undefined {
  for (const [index, one] of waves.slice(0, wave + 1).entries()) {
    const why = whyFailed(one, counts[index] ?? noCounts);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** Whether its next step stops it, as too many failed. */
export function isAboutToStop(rollout: Rollout, policy: RolloutPolicy, counts: Tally['counts']): boolean {
  return rollout.state === 'running' && whyStopped(rollout, policy, counts) !== undefined;
}

function failed(rollout: Rollout, { policy, counts, now }: Standing): Move | undefined {
  const why = whyStopped(rollout, policy, counts);
  if (why === undefined) return undefined;
  const reverts = policy.onFailure === 'revert' && rollout.good !== undefined;
  return moved(reverts ? reverting(rollout, now) : { ...rollout, state: 'halted' }, why.code, why.message);
}

/** Its wave is behind it. */
function leaving({ gatePassedAt: _, reopened: _before, ...rollout }: Rollout): Rollout {
  return rollout;
}

function beyond(rollout: Rollout, { policy, now }: Standing): Move {
  const { index } = openWave(policy, rollout);
  const next = policy.waves[index + 1];
  if (next === undefined) {
    const over = { ...leaving(rollout), state: 'done' as const, good: rollout.target };
    return moved(over, 'ROLLOUT_DONE', 'its last wave has passed');
  }
  const begun = { ...leaving(rollout), wave: index + 1, waveStartedAt: now };
  return moved(begun, 'WAVE_OPEN', `wave ${next.name} has been opened`);
}

/** After the gate has passed. */
function soaked(rollout: Rollout, passedAt: number, standing: Standing): Move {
  const { wave } = openWave(standing.policy, rollout);
  const endsAt = passedAt + wave.soakMs;
  if (standing.now < endsAt) {
    const message = `wave ${wave.name} is watched until ${toTheSecond(endsAt)}`;
    return { kind: 'holds', verdict: { code: 'SOAKING', message }, nextAt: endsAt };
  }
  if (wave.approve !== 'after' || rollout.approved.includes(wave.name)) return beyond(rollout, standing);
  return {
    kind: 'holds',
    verdict: { code: 'NEEDS_APPROVAL', message: `wave ${wave.name} has passed and waits for a yes` },
  };
}

function reopened({ gatePassedAt: _, ...rollout }: Rollout, now: number): Rollout {
  return { ...rollout, reopened: { count: (rollout.reopened?.count ?? 0) + 1, at: now } };
}

const flapPauseMs = 60_000;
const flapPauseMsMax = 24 * 3_600_000;

/**
 * That a gate does not pass again as fast as what is said of its devices changes, each time longer: whoever says now this and now that
 * has not much written. A clock that was set back holds nobody up for longer.
 */
function flapping({ reopened: before }: Rollout, { name }: Wave, now: number): Move | undefined {
  if (before === undefined) return undefined;
  const { count, at } = before;
  const pauseMs = Math.min(flapPauseMs * 2 ** Math.min(count - 1, 30), flapPauseMsMax);
  if (Math.abs(now - at) >= pauseMs) return undefined;
  const times = count === 1 ? 'once' : `${count} times`;
  const message = `the gate of wave ${name} passed and closed again ${times}; it may pass again ${toTheSecond(at + pauseMs)}`;
  return { kind: 'holds', verdict: { code: 'GATE_FLAPS', message }, nextAt: at + pauseMs };
}

/** Whether a device runs what it brings: what nobody ran is nothing that anybody could go back to. */
function isTried(counts: Tally['counts']): boolean {
  return counts.some(({ updated }) => updated > 0);
}

function judged(rollout: Rollout, { policy, counts, toRetry, now }: Standing): Move | undefined {
  const { index, wave } = openWave(policy, rollout);
  const patienceEndsAt = rollout.waveStartedAt + wave.gate.patienceMs;
  const seen = counts[index] ?? noCounts;
  // Where nothing ran well before, or some ran it and nobody comes after, nobody is kept from harm by a wave of which nothing can be seen.
  const isNeeded = rollout.good !== undefined && (index < policy.waves.length - 1 || !isTried(counts));
  // Once passed, only those that are through with it close it again: those that join meanwhile, or get something else, hide no failures.
  const isSettling = rollout.gatePassedAt === undefined && now < patienceEndsAt;
  const verdict = judgeGate(wave, isNeeded ? seen : { ...seen, held: 0 }, !isSettling, toRetry[index]);
  if (verdict.kind === 'passed') {
    if (rollout.gatePassedAt !== undefined) return undefined;
    const passed = { ...rollout, gatePassedAt: now };
    return flapping(rollout, wave, now) ?? moved(passed, 'GATE_PASSED', passedText(wave, seen));
  }
  if (rollout.gatePassedAt === undefined || verdict.clause === 'success' || verdict.clause === 'retry') {
    if (rollout.gatePassedAt !== undefined)
      return moved(reopened(rollout, now), verdict.reason.code, verdict.reason.message);
    return { kind: 'holds', verdict: verdict.reason, ...(now < patienceEndsAt ? { nextAt: patienceEndsAt } : {}) };
  }
  return undefined;
}

/** The yes that a wave waits for starts its time: patience does not run out before its devices were offered anything. */
function begun(rollout: Rollout, { policy, now }: Standing): Move | undefined {
  const { wave } = openWave(policy, rollout);
  const waits = rollout.reason.code === 'NEEDS_APPROVAL';
  if (needsYesBefore(wave, rollout)) {
    if (waits) return { kind: 'holds', verdict: rollout.reason };
    return moved(rollout, 'NEEDS_APPROVAL', `wave ${wave.name} starts when somebody says yes`);
  }
  if (!waits) return undefined;
  return moved({ ...rollout, waveStartedAt: now }, 'WAVE_OPEN', `wave ${wave.name} has been opened`);
}

/** So do deltas that it waits for; patience with them counts from when it would have started. */
function equipped(rollout: Rollout, { policy, deltasOf, now }: Standing): Move | undefined {
  const { index, wave } = openWave(policy, rollout);
  if (policy.bytes === undefined || !awaitsDeltas(policy, rollout, index)) return undefined;
  const deltas = deltasOf(index);
  const endsAt = rollout.waveStartedAt + policy.bytes.patienceMs;
  const ready = { ...rollout, readyWave: index, waveStartedAt: now };
  if (deltas !== 'unknown' && deltas.open === 0)
    return moved(ready, 'DELTAS_READY', `all deltas to what wave ${wave.name} brings are made`);
  if (now >= endsAt) return moved(ready, 'DELTAS_LATE', lateText(wave.name, deltas));
  const message = awaitedText(wave.name, deltas, endsAt);
  if (rollout.reason.code !== 'NEEDS_DELTAS') return moved(rollout, 'NEEDS_DELTAS', message);
  return { kind: 'holds', verdict: { code: 'NEEDS_DELTAS', message }, nextAt: endsAt };
}

/** Those that were heard have to be back; those that are dark are waited for as long as their waves have patience. */
function reverted(rollout: Rollout, { policy, returns, undrawn, now }: Standing): Move {
  const { offered, moving, dark } = returns;
  const patience = policy.waves.slice(0, rollout.wave + 1).map(({ gate }) => gate.patienceMs);
  const patienceEndsAt = rollout.waveStartedAt + Math.max(...patience);
  const isHeard = offered + moving === 0;
  if (isHeard && (dark === 0 || now >= patienceEndsAt))
    return moved({ ...rollout, state: 'halted' }, 'REVERTED', returnedText(returns, undrawn));
  const verdict = { code: 'REVERTING', message: returningText(returns) };
  return { kind: 'holds', verdict, ...(isHeard ? { nextAt: patienceEndsAt } : {}) };
}

function move(rollout: Rollout, standing: Standing): Move {
  const stands: Move = { kind: 'holds', verdict: rollout.reason };
  switch (rollout.state) {
    case 'running': {
      const held =
        failed(rollout, standing) ??
        begun(rollout, standing) ??
        equipped(rollout, standing) ??
        judged(rollout, standing);
      return held ?? soaked(rollout, rollout.gatePassedAt ?? standing.now, standing);
    }
    case 'paused':
      return failed(rollout, standing) ?? stands;
    case 'reverting':
      return reverted(rollout, standing);
    case 'halted':
    case 'done':
      return stands;
    default:
      return rollout.state satisfies never;
  }
}

/** Goes on as far as it can at `now`. The tally has to be of all devices; without `deltasOf` all deltas are there. */
export function step(
  rollout: Rollout,
  policy: RolloutPolicy,
  { counts, toRetry, returns, undrawn }: Tally,
  now: number,
  deltasOf: DeltasOf = () => noneOpen,
): Stepped {
  const events: Reason[] = [];
  let at = rollout;
  for (;;) {
    const next = move(at, { policy, counts, toRetry, returns, undrawn, deltasOf, now });
    if (next.kind === 'holds') {
      const { verdict, nextAt } = next;
      return { rollout: at, events, verdict, ...(nextAt === undefined ? {} : { nextAt }) };
    }
    at = withEvent(next.rollout, now, next.rollout.reason);
    events.push(at.reason);
    // Devices of a wave that opens now are to be offered it first: an empty one alone passes at once.
  }
}
