/** The test of a wave that lets the next one start: by what was heard of its devices, never by what was not. */
import type { Reason } from '../../../schemas/generated/types.ts';
import { type Fate, fates } from './fate.ts';
import type { Wave } from './policy.ts';
import { amountOf } from './waves.ts';

/** How many devices of a wave have which fate. */
export type WaveCounts = Readonly<Record<Fate, number>>;

/** What the gate says; `clause` is the one that holds it. */
export type GateVerdict =
  | { readonly kind: 'passed' }
  | {
      readonly kind: 'holds';
      readonly clause: 'evidence' | 'contacts' | 'unsettled' | 'success' | 'retry';
      readonly reason: Reason;
    };

/** Of nobody. */
export const noCounts: WaveCounts = {
  ...{ waiting: 0, held: 0, dark: 0, contacted: 0 },
  ...{ staged: 0, probation: 0, updated: 0, unchanged: 0, failed: 0 },
};

/** All devices of a wave but those that are held, and those that it changes nothing for. */
export function sizeOf(counts: WaveCounts): number {
  return fates.reduce((sum, fate) => sum + counts[fate], 0) - counts.held - counts.unchanged;
}

function underWay({ contacted, staged, probation }: WaveCounts): number {
  return contacted + staged + probation;
}

/** So many failures, and the wave has failed. At least one. */
export function failuresMax({ gate }: Wave, counts: WaveCounts): number {
  return Math.max(1, gate.failures.kind === 'count' ? gate.failures.count : amountOf(gate.failures, sizeOf(counts)));
}

/** That so many devices of the wave failed that the rollout must not go on; undefined when it may. */
export function whyFailed(wave: Wave, counts: WaveCounts): Reason | undefined {
  const max = failuresMax(wave, counts);
  if (counts.failed < max) return undefined;
  const message = `${counts.failed} of ${sizeOf(counts)} devices of wave ${wave.name} failed; ${max} halt it`;
  return { code: 'TOO_MANY_FAILURES', message };
}

function holds(
  clause: Extract<GateVerdict, { kind: 'holds' }>['clause'],
  message: string,
  code = 'GATE_HOLDS',
): GateVerdict {
  return { kind: 'holds', clause, reason: { code, message } };
}

function judgeSuccess(wave: Wave, counts: WaveCounts): GateVerdict {
  const { name, gate } = wave;
  const { updated, failed } = counts;
  const settled = updated + failed;
  if (settled === 0 || updated * 100 >= gate.successPercent * settled) return { kind: 'passed' };
  const seen = `${updated} of ${settled} devices of wave ${name} that are through with it run it`;
  const rule = `${gate.successPercent} % have to, and ${failuresMax(wave, counts)} failures would halt it`;
  const next = settled < sizeOf(counts) ? '' : ': it holds until more of them run it, or somebody aborts it';
  return holds('success', `${seen}; ${rule}${next}`);
}

/** That it failed with what it was offered before somebody tried again is all that is known of a device until it was offered it anew. */
function judgeRetried(wave: Wave, { updated, failed }: WaveCounts, toRetry: number): GateVerdict {
  const { name, gate } = wave;
  const known = updated + failed + toRetry;
  if (updated * 100 >= gate.successPercent * known) return { kind: 'passed' };
  const seen = `${updated} of ${known} devices of wave ${name} run it`;
  const were = toRetry === 1 ? 'was' : 'were';
  const left = `${toRetry} that failed with what ${were} offered before the retry ${were} not offered it again yet`;
  return holds('retry', `${seen}, ${gate.successPercent} % have to; ${left}`, 'RETRY_WAITS');
}

function unsettledText(counts: WaveCounts): string {
  const parts = [
    [underWay(counts), 'on the way'],
    [counts.dark, 'not heard since they were offered it'],
    [counts.waiting, 'still to be offered it'],
  ].flatMap(([count, words]) => (count === 0 ? [] : [`${count} ${words}`]));
  return parts.join(', ');
}

/** While there is patience, all that are not held have to be heard and through with it. */
function judgePatiently(wave: Wave, counts: WaveCounts): GateVerdict {
  const { name, gate } = wave;
  const contacts = underWay(counts) + counts.updated + counts.failed;
  const minimum = amountOf(gate.contacts, sizeOf(counts));
  if (contacts < minimum) {
    const seen = `${contacts} of ${sizeOf(counts)} devices of wave ${name} were heard since they were offered it`;
    return holds('contacts', `${seen}; ${minimum} ${minimum === 1 ? 'has' : 'have'} to be`);
  }
  if (counts.waiting + counts.dark + underWay(counts) === 0) return judgeSuccess(wave, counts);
  return holds('unsettled', `devices of wave ${name}: ${unsettledText(counts)}`);
}

/** A wave of which nobody may be offered anything shows nothing, however long it is waited for. */
function judgeUnseen({ name, gate }: Wave, { held, unchanged }: WaveCounts): GateVerdict {
  if (held === 0 || amountOf(gate.contacts, held) === 0) return { kind: 'passed' };
  const all = held === 1 ? 'the only device' : `all ${held} devices`;
  const which = unchanged === 0 ? '' : ' that something changes for';
  const message = `${all} of wave ${name}${which} can be offered nothing (held, or without a key)`;
  return holds('evidence', message, 'NO_EVIDENCE');
}

/**
 * What the gate of an open wave says. When patience is over it is judged by those that are through with it; without any it holds
 * on, unless the policy asks for no contacts at all. So many as `toRetry` of those that wait failed with what they were offered before a retry.
 */
export function judgeGate(wave: Wave, counts: WaveCounts, isPatienceOver: boolean, toRetry = 0): GateVerdict {
  const size = sizeOf(counts);
  if (size === 0) return judgeUnseen(wave, counts);
  if (!isPatienceOver) return judgePatiently(wave, counts);
  for (const verdict of [judgeSuccess(wave, counts), judgeRetried(wave, counts, toRetry)])
    if (verdict.kind === 'holds') return verdict;
  const isSeen = counts.updated + counts.failed > 0 || amountOf(wave.gate.contacts, size) === 0;
  if (isSeen) return { kind: 'passed' };
  const message = `no device of wave ${wave.name} is through with it: ${unsettledText(counts)}`;
  return holds('evidence', message, 'NO_EVIDENCE');
}

/** That it has passed; a wave that nothing changes for passes as one without devices does. */
export function passedText({ name }: Wave, counts: WaveCounts): string {
  if (counts.unchanged === 0 || sizeOf(counts) > 0) return `the gate of wave ${name} has passed`;
  const whom = counts.unchanged === 1 ? 'its only device' : `any of its ${counts.unchanged} devices`;
  return `the gate of wave ${name} has passed without evidence: nothing changes for ${whom}`;
}
