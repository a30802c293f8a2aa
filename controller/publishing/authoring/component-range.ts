/** Which versions of a component are meant: `NAME`, `NAME@1.2.3`, `NAME@<1.2.3`, `NAME@>=1.2 <2`. Pure. */
import { AuthoringError } from './authoring-error.ts';
import type { Component } from './sbom.ts';

type Comparison = '<' | '<=' | '>' | '>=' | '=';

interface Bound {
  readonly comparison: Comparison;
  readonly version: string;
}

/** A component by name, or by its package URL without a version, and what its version keeps to. */
export interface ComponentRange {
  readonly name: string;
  readonly bounds: readonly Bound[];
}

const boundPattern = /^(<=|>=|<|>|=|)v?(\d[A-Za-z0-9.+-]{0,100})$/;

/** Throws `AuthoringError`. */
export function parseComponentRange(text: string): ComponentRange {
  const at = text.lastIndexOf('@');
  const [name, range] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, ''];
  const bounds = range.split(/[\s,]+/).filter((word) => word !== '');
  if (name !== '' && (at <= 0 || bounds.length > 0) && bounds.every((bound) => boundPattern.test(bound))) {
    return {
      name,
      bounds: bounds.map((bound) => {
        const [, comparison, version] = boundPattern.exec(bound)!;
        return { comparison: (comparison || '=') as Comparison, version: version! };
      }),
    };
  }
  const message = `${JSON.stringify(text)} names no component: write NAME, NAME@1.2.3 or NAME@"<1.2.3" (also <=, >, >=, several with spaces)`;
  throw new AuthoringError('BAD_COMPONENT', message);
}

/** Numbers are less than words, words by their letters, as semantic versioning has it. */
function comparePart(one: string, other: string): number {
  const areNumbers = [one, other].map((part) => /^\d+$/.test(part));
  if (areNumbers[0] && areNumbers[1]) {
    const [left, right] = [BigInt(one), BigInt(other)];
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (areNumbers[0] !== areNumbers[1]) return areNumbers[0] ? -1 : 1;
  return one < other ? -1 : one > other ? 1 : 0;
}

/** What a version lacks of another's numbers is 0; what it lacks of a longer pre-release comes first. */
function compareParts(one: readonly string[], other: readonly string[], missing: string | undefined): number {
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const [left, right] = [one[at] ?? missing, other[at] ?? missing];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const order = comparePart(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

/** As semantic versioning orders them, with any count of numbers; builds (`+…`) are the same version. */
export function compareVersions(one: string, other: string): number {
  const cut = (text: string): readonly [readonly string[], readonly string[] | undefined] => {
    const [version = ''] = text.replace(/^v(?=\d)/, '').split('+', 1);
    const dash = version.indexOf('-');
    if (dash < 0) return [version.split('.'), undefined];
    return [version.slice(0, dash).split('.'), version.slice(dash + 1).split('.')];
  };
  const [[left, leftBefore], [right, rightBefore]] = [cut(one), cut(other)];
  const order = compareParts(left, right, '0');
  if (order !== 0) return order;
  if (leftBefore === undefined || rightBefore === undefined)
    return leftBefore === rightBefore ? 0 : leftBefore === undefined ? 1 : -1;
  return compareParts(leftBefore, rightBefore, undefined);
}

function keeps(version: string, { comparison, version: bound }: Bound): boolean {
  const order = compareVersions(version, bound);
  switch (comparison) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '=':
      return order === 0;
    default:
      throw comparison satisfies never;
  }
}

/** Whether a component is one of those; whose version nobody wrote may be any, and is. */
export function isInRange({ name, version, purl }: Component, range: ComponentRange): boolean {
  const isNamed = name === range.name || purl?.split(/[@?#]/, 1)[0] === range.name;
  return isNamed && (version === undefined || range.bounds.every((bound) => keeps(version, bound)));
}
