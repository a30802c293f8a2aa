/** What of a fleet's conditions their shape does not show: whether they can be judged, and by what. */
import { conditionLanguage } from './condition-language.ts';
import type { FileFinding, ValuePath } from './finding.ts';
import { hint } from './nearest-name.ts';
import { valueAt } from './schema-violation.ts';

type Report = (path: ValuePath, part: FileFinding['part'], code: string, message: string) => void;

const when: ValuePath = ['spec', 'when'];
const purposes = ['fetch', 'activate'] as const;
const typeOfValue = ['number', 'boolean', 'string'] as const;

type Types = Record<string, (typeof typeOfValue)[number]>;

/** The facts that are declared with a type; one without is told by its shape. */
function declaredTypes(value: unknown): Types {
  const types: Types = {};
  for (const [name, fact] of Object.entries(valueAt(value, [...when, 'facts']) ?? {})) {
    const type = typeOfValue.find((known) => known === valueAt(fact, ['type']));
    if (type !== undefined) types[name] = type;
  }
  return types;
}

function checkMissing(value: unknown, types: Types, report: Report): void {
  for (const [name, type] of Object.entries(types)) {
    const path: ValuePath = [...when, 'facts', name, 'missing'];
    const missing = valueAt(value, path);
    if (missing === undefined || typeof missing === type) continue;
    const message = `"${name}" is a ${type}, and ${JSON.stringify(missing)} is none; write a ${type}, or remove it`;
    report(path, 'value', 'WRONG_TYPE', message);
  }
}

function undeclared(names: readonly string[], types: Types): string | undefined {
  const facts = names.filter((name) => name.startsWith('facts.')).map((name) => name.slice('facts.'.length));
  return facts.find((fact) => !Object.hasOwn(types, fact));
}

function checkCondition(text: string, path: ValuePath, types: Types, report: Report): void {
  const read = conditionLanguage().readCondition(text, types);
  const tell = (code: string, message: string): void => report(path, 'value', code, message);
  const fact = undeclared(read.names, types);
  if (fact !== undefined) {
    const remedy = hint(fact, Object.keys(types), 'fact under spec.when.facts');
    return tell('UNKNOWN_FACT', `it names facts.${fact}, whose type and maxAge nobody says; ${remedy}`);
  }
  if (read.kind === 'fault') {
    return tell('BAD_CONDITION', `it can't be judged, from "${text.slice(read.at, read.at + 30)}" on: ${read.message}`);
  }
  if (read.names.length > 0) return;
  tell('NEVER_CHANGES', 'it names nothing that changes on a device; name a fact, or remove it for at any time');
}

/** Checks that each condition is one that a device can judge by facts that are declared. */
export function checkConditions(value: unknown, report: Report): void {
  if (typeof valueAt(value, when) !== 'object') return;
  const types = declaredTypes(value);
  checkMissing(value, types, report);
  const texts = purposes.map((purpose) => valueAt(value, [...when, purpose]));
  if (texts.every((text) => text === undefined)) {
    const message = 'there is no condition; write fetch or activate, such as activate: facts.speed == 0';
    return report(when, 'key', 'NO_CONDITION', message);
  }
  for (const [index, text] of texts.entries()) {
    if (typeof text === 'string') checkCondition(text, [...when, purposes[index]!], types, report);
  }
}
