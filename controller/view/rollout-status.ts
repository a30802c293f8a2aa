/** The rollout of a fleet as status shows it: made of its waves, never of its devices. */
import type {
  DeviceEvent,
  FinishedRolloutStatus,
  RolloutActStatus,
  RolloutStatus,
  WaveStatus,
} from '../../schemas/generated/types.ts';
import type { WaveCounts } from '../planning/rollout/gate.ts';
import type { Wave } from '../planning/rollout/policy.ts';
import type { FinishedRollout, Rollout } from '../planning/rollout/rollout.ts';
import type { RolloutView } from '../planning/rollout/rollout-view.ts';
import { openWave } from '../planning/rollout/step.ts';

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function stateOf(index: number, open: number, { state }: Rollout): WaveStatus['state'] {
  if (state === 'done' || index < open) return 'passed';
  return index === open ? 'open' : 'waiting';
}

function waveStatus({ name, approve }: Wave, counts: WaveCounts, rollout: Rollout, state: WaveStatus['state']) {
  return {
    ...{ name, state, counts: { ...counts } },
    ...(approve === undefined ? {} : { approve }),
    ...(rollout.approved.includes(name) ? { isApproved: true as const } : {}),
  };
}

function unsettled({ waiting, dark, contacted, staged, probation }: WaveCounts): number {
  return waiting + dark + contacted + staged + probation;
}

function actsOf({ acts }: Rollout): RolloutActStatus[] {
  return acts.map(({ at, who, act, why }) => ({ at: isoTime(at), who, act, why }));
}

/** What happened to it, oldest first. */
export function rolloutEvents({ events }: Rollout): DeviceEvent[] {
  return events.map(({ at, code, message }) => ({ at: isoTime(at), code, message }));
}

function finishedStatus(rollout: FinishedRollout): FinishedRolloutStatus {
  const { number, revision, subject, startedAt, finishedAt, outcome, state, reason } = rollout;
  return {
    ...{ number, revision, subject, outcome, state, reason: { ...reason } },
    ...{ startedAt: isoTime(startedAt), finishedAt: isoTime(finishedAt) },
    ...{ acts: actsOf(rollout), events: rolloutEvents(rollout) },
  };
}

/** What was done to it and what happened, and the rollouts before it, newest first. */
export function rolloutPast(rollout: Rollout, finished: readonly FinishedRollout[]) {
  return { acts: actsOf(rollout), events: rolloutEvents(rollout), finished: finished.map(finishedStatus) };
}

/** Nobody is behind what is offered to nobody any more. */
function stragglersOf(waves: readonly WaveStatus[], { state }: Rollout): number {
  if (state === 'halted' || state === 'reverting') return 0;
  const passed = waves.filter((wave) => wave.state === 'passed');
  return passed.reduce((sum, { counts }) => sum + unsettled(counts), 0);
}

/** Where it stands now. */
export function rolloutStatus({
  rollout,
  policy,
  waves,
  asking,
  verdict,
  nextAt,
  isCounted,
}: RolloutView): RolloutStatus {
  const { number, state, revision, subject, target, good, startedAt, events } = rollout;
  const { index: open } = openWave(policy, rollout);
  const shown = waves.map(({ counts }, index) =>
    waveStatus(policy.waves[index]!, counts, rollout, stateOf(index, open, rollout)),
  );
  const stragglers = stragglersOf(shown, rollout);
  const since = events.at(-1)?.at;
  return {
    ...{ number, state, revision, subject, target, startedAt: isoTime(startedAt) },
    ...(good === undefined ? {} : { good }),
    ...{ wave: open + 1, waves: shown },
    reason: { ...verdict, ...(since === undefined ? {} : { since: isoTime(since) }) },
    ...(nextAt === undefined ? {} : { nextAt: isoTime(nextAt) }),
    ...(stragglers === 0 ? {} : { stragglers }),
    ...(asking === 0 || policy.bytes?.wholeModules !== 'ask' ? {} : { asking }),
    ...(isCounted ? {} : { isCounting: true as const }),
  };
}
