/** What a device says of a condition that is not true. */
import type { Clause, ClauseResult } from '../../artifact/condition/condition.ts';
import type { DeployedConditions, Sighting, Waiting } from '../../schemas/generated/types.ts';
import { type Purpose, waiting } from './gate.ts';
import type { Seen } from './senses.ts';

const clauseCharactersMax = 140;
const sightingsMax = 8;

/** Times beyond this can't be written with four digits for the year: a report with such a one is none. */
const timeMax = Date.parse('9999-12-31T23:59:59Z');

/** Whoever writes a file may give it any time. */
function timeOf(atMs: number | undefined): Pick<Sighting, 'at'> {
  return atMs === undefined || atMs < 0 || atMs > timeMax ? {} : { at: new Date(atMs).toISOString() };
}

function sighting(name: string, seen: Seen): Sighting {
  return seen.kind === 'missing' ? { name } : { name, value: seen.value, ...timeOf(seen.atMs) };
}

/** Why a clause is not true: its code, and what is to be added to it. */
function reasonOf(
  { names }: Clause,
  result: Exclude<ClauseResult, { readonly kind: 'true' }>,
  seen: ReadonlyMap<string, Seen>,
  { facts = {} }: DeployedConditions,
): readonly [code: string, addition: string] {
  if (result.kind === 'failed') return ['WHEN_UNREADABLE', `: it comes to nothing here, ${result.reason}`];
  if (result.kind === 'false') return ['WHEN', ''];
  for (const name of names) {
    const one = seen.get(name);
    if (one?.kind === 'missing') return ['FACT_MISSING', `: ${one.why}`];
    if (one?.kind !== 'stale') continue;
    const fact = name.slice('facts.'.length);
    return ['FACT_STALE', `: the fact ${fact} is not of the last ${facts[fact]?.maxAgeSeconds} s`];
  }
  return ['WHEN_UNREADABLE', ': it can not be judged by what is known here'];
}

/** Waits until a clause is true. */
export function waitsForClause(
  to: Purpose,
  clause: Clause,
  result: Exclude<ClauseResult, { readonly kind: 'true' }>,
  seen: ReadonlyMap<string, Seen>,
  when: DeployedConditions,
): Waiting {
  const [code, addition] = reasonOf(clause, result, seen, when);
  const { text } = clause;
  const shown = text.length > clauseCharactersMax ? `${text.slice(0, clauseCharactersMax - 1)}…` : text;
  const sightings = clause.names.flatMap((name) => {
    const one = seen.get(name);
    return one === undefined ? [] : [sighting(name, one)];
  });
  return { ...waiting(to, code, `waits to ${to} until ${shown}${addition}`), seen: sightings.slice(0, sightingsMax) };
}
