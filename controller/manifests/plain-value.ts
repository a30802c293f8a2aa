/** Is what the YAML reader returned plain, finite data: nothing that JSON cannot carry, nothing that grows when written out? */
import type { FileFinding, ValuePath } from './finding.ts';
import { depthMax, valuesMax } from './limits.ts';

interface Walk {
  readonly document: number;
  readonly findings: FileFinding[];
  /** Values below each map or list that was seen, itself included: a shared one is counted again, not walked again. */
  readonly sizes: Map<object, { readonly values: number; readonly depth: number }>;
  readonly open: Set<object>;
  /** Where more values come together than are read, though none of its members has too many. */
  overflowAt?: ValuePath;
}

const nothing = { values: 1, depth: 0 };

function report(walk: Walk, path: ValuePath, part: FileFinding['part'], code: string, message: string): typeof nothing {
  walk.findings.push({ document: walk.document, path, part, code, message });
  return nothing;
}

function isExact(value: number): boolean {
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}

function isForbidden(key: string): boolean {
  return key === '<<' || key === '__proto__';
}

function checkNumber(walk: Walk, value: number, path: ValuePath): typeof nothing {
  if (!Number.isFinite(value)) return report(walk, path, 'value', 'BAD_NUMBER', `${value} is not a number JSON knows`);
  if (!isExact(value)) {
    return report(
      walk,
      path,
      'value',
      'BAD_NUMBER',
      'the number is too large to be kept exactly; quote it to make it text',
    );
  }
  return nothing;
}

function checkKey(walk: Walk, key: string, path: ValuePath): void {
  if (key === '<<')
    report(walk, path, 'key', 'MERGE_KEY', 'merge keys (<<) are not part of YAML 1.2; write the members out');
  if (key === '__proto__') report(walk, path, 'key', 'FORBIDDEN_NAME', '__proto__ cannot be the name of a member');
}

function walkValue(walk: Walk, value: unknown, path: ValuePath): { readonly values: number; readonly depth: number } {
  if (typeof value === 'number') return checkNumber(walk, value, path);
  if (typeof value !== 'object' || value === null) return nothing;
  const known = walk.sizes.get(value);
  if (known !== undefined) return known;
  if (walk.open.has(value))
    return report(walk, path, 'value', 'ALIAS_LOOP', 'an alias refers to a value that contains it');
  walk.open.add(value);
  let values = 1;
  let depth = 0;
  const isList = Array.isArray(value);
  for (const [key, member] of Object.entries(value)) {
    const memberPath = [...path, isList ? Number(key) : key];
    if (!isList) checkKey(walk, key, memberPath);
    const size = walkValue(walk, member, memberPath);
    values += size.values;
    depth = Math.max(depth, size.depth);
  }
  walk.open.delete(value);
  if (values > valuesMax) walk.overflowAt ??= path;
  const size = { values, depth: depth + 1 };
  walk.sizes.set(value, size);
  return size;
}

/** Values that are looked at before what is told of a value is worth its price. */
const glanceValuesMax = 1_000;

/**
 * How many values may follow a value that is surely plain, seen at a glance; negative where more than a glance is needed,
 * for whatever reason: an alias that leads back, and many that come to much, are among them.
 */
function leftAfterGlance(value: unknown, left: number, depth: number): number {
  if (typeof value === 'number') return Number.isFinite(value) && isExact(value) ? left - 1 : -1;
  if (typeof value !== 'object' || value === null) return left - 1;
  if (depth === depthMax) return -1;
  let rest = left - 1;
  for (const key in value) {
    if (rest < 0 || isForbidden(key)) return -1;
    rest = leftAfterGlance((value as Readonly<Record<string, unknown>>)[key], rest, depth + 1);
  }
  return rest;
}

/** Every reason why `value` is not plain data, with its place. */
export function checkPlain(value: unknown, document: number): FileFinding[] {
  if (leftAfterGlance(value, glanceValuesMax, 0) >= 0) return [];
  const walk: Walk = { document, findings: [], sizes: new Map(), open: new Set() };
  const { values, depth } = walkValue(walk, value, []);
  if (values > valuesMax) {
    report(
      walk,
      walk.overflowAt ?? [],
      'value',
      'TOO_MANY_VALUES',
      `with its aliases written out the document has ${values} values, at most ${valuesMax} are read`,
    );
  }
  if (depth > depthMax)
    report(walk, [], 'value', 'TOO_DEEP', `maps and lists nest ${depth} deep, at most ${depthMax} is read`);
  return walk.findings;
}
