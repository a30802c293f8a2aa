import type {
  ConditionFact,
  DeployedConditions,
  DeployedFact,
  FleetConditions,
} from '../../schemas/generated/types.ts';
import { conditionLanguage } from './condition-language.ts';
import { secondsOf } from './duration.ts';

const labelPrefix = 'labels.';

/** By the conditions of a fleet: those of each of its devices are asked for, and to read the language takes a while. */
const labelsRead = new WeakMap<FleetConditions, readonly string[]>();

/** The labels that conditions name, of devices that have them or not; what can't be read was refused already. */
export function labelsInConditions(when: FleetConditions | undefined): readonly string[] {
  if (when === undefined) return [];
  const labels = labelsRead.get(when) ?? readLabels(when);
  labelsRead.set(when, labels);
  return labels;
}

function readLabels({ facts = {}, fetch, activate }: FleetConditions): readonly string[] {
  const texts = [fetch, activate].filter((text): text is string => text?.includes('labels') === true);
  if (texts.length === 0) return [];
  const { readCondition, factTypes } = conditionLanguage();
  const names = texts.flatMap((text) => {
    const read = readCondition(text, factTypes(facts));
    return read.names;
  });
  const labels = names.filter((name) => name.startsWith(labelPrefix)).map((name) => name.slice(labelPrefix.length));
  return [...new Set(labels)].sort();
}

function deployedFact({ maxAge, ...rest }: ConditionFact): DeployedFact {
  return { ...rest, maxAgeSeconds: secondsOf(maxAge) };
}

/** The conditions of a fleet, if it has any, as a device is told them, which does not know its labels. */
export function deployedConditions(
  when: FleetConditions | undefined,
  names: readonly string[],
  labels: Readonly<Record<string, string>> = {},
): { readonly when?: DeployedConditions } {
  if (when === undefined) return {};
  const { facts, ...conditions } = when;
  const own = names.flatMap((name) => (Object.hasOwn(labels, name) ? [[name, labels[name]!] as const] : []));
  const deployed = Object.entries(facts ?? {}).map(([name, fact]) => [name, deployedFact(fact)]);
  const told = {
    ...conditions,
    ...(facts === undefined ? {} : { facts: Object.fromEntries(deployed) }),
    ...(own.length === 0 ? {} : { labels: Object.fromEntries(own) }),
  };
  return { when: told };
}
