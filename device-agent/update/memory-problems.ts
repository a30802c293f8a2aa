/** What the engine remembers of problems. */
import type { DeviceProblem } from '../../schemas/generated/types.ts';
import type { Problem } from '../problem.ts';
import type { Memory } from './state.ts';

const messageCharactersMax = 300;

/** A problem as it is remembered and told. */
export function dated(problem: Problem, nowMs: number): DeviceProblem {
  const { code, message, sequence } = problem;
  const at = new Date(nowMs).toISOString();
  return { code, message: message.slice(0, messageCharactersMax), at, ...(sequence === undefined ? {} : { sequence }) };
}

function isSame(one: Problem | undefined, other: Problem): boolean {
  return one?.code === other.code && one.message === other.message && one.sequence === other.sequence;
}

/** With this as what it has to complain of, or nothing. */
export function withProblem(memory: Memory, problem: Problem | undefined, nowMs: number): Memory {
  const { problem: old, ...rest } = memory;
  if (problem === undefined) return rest;
  const next = dated(problem, nowMs);
  return isSame(old, next) ? memory : { ...rest, problem: next };
}

/** With this as what of the last good deployment is damaged. */
export function withDamage(memory: Memory, damage: Problem, nowMs: number): Memory {
  const next = dated(damage, nowMs);
  return isSame(memory.damage, next) ? memory : { ...memory, damage: next };
}

/** As if every file of the last good deployment were whole. */
export function withoutDamage({ damage: _damage, ...memory }: Memory): Memory {
  return memory;
}
