/** Label selectors as in Kubernetes. */
import type { Labels, Selector, SelectorRequirement } from '../../schemas/generated/types.ts';

function requirementHolds({ key, operator, values = [] }: SelectorRequirement, labels: Readonly<Labels>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return operator satisfies never;
  }
}

/** True when every requirement holds; an empty selector takes every device. */
export function selects(selector: Selector, labels: Readonly<Labels>): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (!Object.hasOwn(labels, key) || labels[key] !== value) return false;
  }
  return (selector.matchExpressions ?? []).every((requirement) => requirementHolds(requirement, labels));
}

/** How the label index names a pair, or a key with any value. A label key never holds `=`. */
export function labelTerm(key: string, value?: string): string {
  return value === undefined ? key : `${key}=${value}`;
}

/** The opposite of `labelTerm`. */
export function termParts(term: string): readonly [key: string, value?: string] {
  const at = term.indexOf('=');
  return at === -1 ? [term] : [term.slice(0, at), term.slice(at + 1)];
}

/** The index terms of one device. */
export function labelTerms(labels: Readonly<Labels>): string[] {
  return Object.entries(labels).flatMap(([key, value]) => [labelTerm(key), labelTerm(key, value)]);
}

/**
 * For each requirement that an index can answer, the terms of which a selected device has at least one. Whoever takes any
 * of these lists finds every selected device; none at all means that only a look at every device does.
 */
export function selectorTerms(selector: Selector): string[][] {
  const lists = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => [labelTerm(key, value)]);
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    if (operator === 'In') lists.push(values.map((value) => labelTerm(key, value)));
    if (operator === 'Exists') lists.push([labelTerm(key)]);
  }
  return lists;
}

/** The label keys a selector asks about. */
export function selectorKeys(selector: Selector): string[] {
  const keys = [...Object.keys(selector.matchLabels ?? {}), ...(selector.matchExpressions ?? []).map(({ key }) => key)];
  return [...new Set(keys)].sort();
}
