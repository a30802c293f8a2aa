/** What conditions are judged by, as it is now; all of it is handed in. */
import type { ConditionValue } from '../../artifact/condition/condition.ts';
import type { LeftText, Power } from '../../platform/ports.ts';
import type { DeployedConditions, DeployedFact, FactReport } from '../../schemas/generated/types.ts';
import { factValue } from '../runtime/grants/fact-value.ts';
import type { FactAges, FactClocks } from './fact-ages.ts';

/** Where a device knows of itself what conditions may be about. */
export interface Senses extends FactClocks {
  /** Where programs of the integrator's write a fact. */
  readonly factPath: (name: string) => string;
  readonly factFile: (name: string) => LeftText | undefined;
  /** What an application published last, by name. */
  readonly published: (application: string) => Readonly<Record<string, FactReport>> | undefined;
  readonly isConnected: () => boolean;
  /** The interface that leads out; undefined where none does. */
  readonly interface: () => string | undefined;
  readonly power: () => Power;
}

/** Something that a condition names, as it was seen. */
export type Seen =
  | { readonly kind: 'known'; readonly value: ConditionValue; readonly atMs?: number }
  | { readonly kind: 'missing'; readonly why: string }
  | { readonly kind: 'stale'; readonly value: ConditionValue; readonly atMs: number };

/** A fact's text: of a string also as JSON has it. */
function valueIn(type: DeployedFact['type'], text: string): ConditionValue | undefined {
  if (type !== 'string' || !text.trim().startsWith('"')) return factValue(type, text);
  try {
    return factValue(type, String(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

function inFile(name: string, { type }: DeployedFact, senses: Senses): Seen {
  const path = senses.factPath(name);
  const file = senses.factFile(name);
  if (file === undefined) return { kind: 'missing', why: `there is no fact ${name}: nothing readable at ${path}` };
  const value = valueIn(type, file.text);
  if (value === undefined) return { kind: 'missing', why: `there is no fact ${name}: ${path} holds no ${type}` };
  return { kind: 'known', value, atMs: file.writtenMs };
}

function fromApplication(name: string, { type }: DeployedFact, application: string, senses: Senses): Seen {
  const fact = senses.published(application)?.[name];
  if (fact === undefined) return { kind: 'missing', why: `${application} has not published the fact ${name}` };
  if (typeof fact.value !== type)
    return { kind: 'missing', why: `what ${application} publishes as ${name} is no ${type}` };
  return { kind: 'known', value: fact.value, atMs: Date.parse(fact.at) };
}

/** A fact that is written into a file or published, as it is now. */
export function seenFact(name: string, fact: DeployedFact, senses: Senses, ages: FactAges): Seen {
  const { application, missing, maxAgeSeconds } = fact;
  const seen =
    application === undefined ? inFile(name, fact, senses) : fromApplication(name, fact, application, senses);
  const ageMs = seen.kind === 'known' && seen.atMs !== undefined ? ages.ageOf(name, seen.atMs, senses) : 0;
  if (seen.kind === 'known' && ageMs <= maxAgeSeconds * 1000) return seen;
  if (missing !== undefined) return { kind: 'known', value: missing };
  return seen.kind === 'known' && seen.atMs !== undefined ? { ...seen, kind: 'stale', atMs: seen.atMs } : seen;
}

function known(name: string, value: ConditionValue | undefined): Seen {
  return value === undefined
    ? { kind: 'missing', why: `this machine does not tell ${name}` }
    : { kind: 'known', value };
}

function seenOne(name: string, { facts = {}, labels = {} }: DeployedConditions, senses: Senses, ages: FactAges): Seen {
  const dot = name.indexOf('.');
  const [subject, member] = [name.slice(0, dot), name.slice(dot + 1)];
  if (subject === 'facts') {
    const fact = Object.hasOwn(facts, member) ? facts[member] : undefined;
    return fact === undefined ? known(name, undefined) : seenFact(member, fact, senses, ages);
  }
  if (subject === 'labels') {
    const label = Object.hasOwn(labels, member) ? labels[member] : undefined;
    return label === undefined ? { kind: 'missing', why: `the device has no label ${member}` } : known(name, label);
  }
  if (name === 'link.connected') return known(name, senses.isConnected());
  if (name === 'link.interface') return known(name, senses.interface() ?? '');
  const power = senses.power();
  return known(name, name === 'power.external' ? power.external : power.battery);
}

/** All that a condition names, as it is now; `ages` is of all looks of one gate. */
export function seenNow(
  names: readonly string[],
  when: DeployedConditions,
  senses: Senses,
  ages: FactAges,
): ReadonlyMap<string, Seen> {
  const seen = new Map(names.map((name) => [name, seenOne(name, when, senses, ages)]));
  ages.looked(senses);
  return seen;
}
