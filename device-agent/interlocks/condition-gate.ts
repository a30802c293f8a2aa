import type { Condition, ConditionValue, ConditionValues } from '../../artifact/condition/condition.ts';
import type { DeployedConditions } from '../../schemas/generated/types.ts';
import { waitsForClause } from './condition-words.ts';
import { FactAges } from './fact-ages.ts';
import type { Gate, Look, Purpose } from './gate.ts';
import { type Seen, type Senses, seenNow } from './senses.ts';

/** How often a condition is judged while something waits for it. */
const lookMs = 10_000;

function valuesOf(seen: ReadonlyMap<string, Seen>): ConditionValues {
  const values: Record<keyof ConditionValues, Record<string, ConditionValue>> = {
    facts: {},
    labels: {},
    link: {},
    power: {},
  };
  for (const [name, one] of seen) {
    const dot = name.indexOf('.');
    if (one.kind === 'known') values[name.slice(0, dot) as keyof ConditionValues][name.slice(dot + 1)] = one.value;
  }
  return values as ConditionValues;
}

function lookAt(
  to: Purpose,
  { clauses, names }: Condition,
  when: DeployedConditions,
  senses: Senses,
  ages: FactAges,
): Look {
  const seen = seenNow(names, when, senses, ages);
  const values = valuesOf(seen);
  for (const clause of clauses) {
    const result = clause.judge(values);
    if (result.kind === 'true') continue;
    return { kind: 'closed', forMs: lookMs, waiting: waitsForClause(to, clause, result, seen, when) };
  }
  return { kind: 'open', forMs: lookMs };
}

/** Open while a condition is true. What knows its language is loaded with the first. */
export async function conditionGate(
  to: Purpose,
  text: string,
  when: DeployedConditions,
  senses: Senses,
): Promise<Gate> {
  const { factTypes, readCondition } = await import('../../artifact/condition/condition.ts');
  const read = readCondition(text, factTypes(when.facts ?? {}));
  if (read.kind === 'fault') throw new Error(`"${text}": ${read.message}`);
  const ages = new FactAges();
  return { look: () => lookAt(to, read, when, senses, ages) };
}
