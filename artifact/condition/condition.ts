/** Conditions under which a device may change: a bounded part of CEL, judged alike on shore and device. */
import { Environment, EvaluationError, type ParseResult } from '@marcbachmann/cel-js';
import type { DeployedFact } from '../../schemas/generated/types.ts';
import { callArgumentsMax, depthMax, listMax, partsMax } from './limits.ts';
import { readSyntax, sidesOf } from './syntax.ts';

type FactType = DeployedFact['type'];

/** What a fact, a label, or something else that a device knows may be. */
export type ConditionValue = number | boolean | string;

/** By name, what is known; what is not known is left out. */
type Known = Readonly<Record<string, ConditionValue>>;

/** What a condition is judged by. */
export interface ConditionValues {
  readonly facts: Known;
  readonly labels: Readonly<Record<string, string>>;
  readonly link: Known;
  readonly power: Known;
}

/** What became of a clause: `unknown` where something that it needs is left out, `failed` where it comes to nothing else. */
export type ClauseResult =
  | { readonly kind: 'true' | 'false' | 'unknown' }
  | { readonly kind: 'failed'; readonly reason: string };

/** One of what all has to be true. */
export interface Clause {
  readonly text: string;
  /** `facts.speed`, `labels.role`, `link.connected`: all that it names. */
  readonly names: readonly string[];
  readonly judge: (values: ConditionValues) => ClauseResult;
}

/** True while all of its clauses are. */
export interface Condition {
  readonly clauses: readonly Clause[];
  readonly names: readonly string[];
}

/** A text as a condition, or where it is wrong and why; of one that can't be parsed nothing is known that it names. */
export type ReadCondition =
  | ({ readonly kind: 'condition' } & Condition)
  | { readonly kind: 'fault'; readonly at: number; readonly message: string; readonly names: readonly string[] };

const celTypes: Readonly<Record<FactType, string>> = { number: 'double', boolean: 'bool', string: 'string' };

function environmentOf(facts: Readonly<Record<string, FactType>>): Environment {
  const limits = {
    ...{ maxAstNodes: partsMax, maxDepth: depthMax, maxListElements: listMax },
    ...{ maxMapEntries: 0, maxCallArguments: callArgumentsMax },
  };
  const schema = Object.fromEntries(Object.entries(facts).map(([name, type]) => [name, celTypes[type]]));
  return (
    new Environment({ limits })
      .registerVariable({ name: 'facts', schema })
      .registerVariable('labels', 'map<string, string>')
      .registerVariable({ name: 'link', schema: { connected: 'bool', interface: 'string' } })
      .registerVariable({ name: 'power', schema: { external: 'bool', battery: 'double' } })
      // Whoever writes `facts.speed == 0` means the number: there is one kind of them in facts.
      .registerOperator('double == int', (left: number, right: bigint) => left === Number(right))
  );
}

function faultOf(error: unknown, names: readonly string[]): ReadCondition {
  const { summary, range, message } = error as { summary?: string; range?: { start: number }; message: string };
  const what = summary ?? message;
  const isMixed = /double . int|int . double|double in list<int>/.test(what);
  const remedy = isMixed ? '; a fact that is a number is a double: write 1.0 instead of 1' : '';
  return { kind: 'fault', at: range?.start ?? 0, message: what + remedy, names };
}

/** The parts that all have to be true, each as a text of its own. */
function clausesOf(text: string, environment: Environment): readonly string[] {
  const sides = sidesOf(text, environment.parse(text).ast);
  if (sides === undefined) return [text];
  try {
    return sides.flatMap((side) => clausesOf(side, environment));
  } catch {
    // Parentheses around both: one side alone is no expression.
    return [text];
  }
}

function judgeClause(parsed: ParseResult, values: ConditionValues): ClauseResult {
  try {
    return { kind: parsed(values) === true ? 'true' : 'false' };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return error.code === 'no_such_key' ? { kind: 'unknown' } : { kind: 'failed', reason: error.summary };
  }
}

function clauseOf(text: string, environment: Environment): Clause {
  const parsed = environment.parse(text);
  parsed.check();
  return { text, names: readSyntax(parsed.ast).names, judge: (values) => judgeClause(parsed, values) };
}

/** Types of facts by their names. */
export function factTypes(facts: Readonly<Record<string, Pick<DeployedFact, 'type'>>>): Record<string, FactType> {
  return Object.fromEntries(Object.entries(facts).map(([name, { type }]) => [name, type]));
}

function judgeText(text: string, environment: Environment): ReadCondition {
  const parsed = environment.parse(text);
  const { fault, names } = readSyntax(parsed.ast);
  if (fault !== undefined) return { kind: 'fault', ...fault, names };
  const { valid, type, error } = parsed.check();
  if (!valid) return faultOf(error, names);
  if (type !== 'bool') {
    const message = `it comes to a value of type ${type}, and a condition to true or false`;
    return { kind: 'fault', at: 0, message, names };
  }
  const clauses = clausesOf(text.trim(), environment).map((clause) => clauseOf(clause, environment));
  return { kind: 'condition', clauses, names };
}

/** Reads a condition over facts of these types, or says what is wrong with it. */
export function readCondition(text: string, types: Readonly<Record<string, FactType>>): ReadCondition {
  try {
    return judgeText(text, environmentOf(types));
  } catch (error) {
    return faultOf(error, []);
  }
}
