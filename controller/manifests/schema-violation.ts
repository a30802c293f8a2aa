/** Violations of the schemas as Ajv finds them → sentences that say where, what was seen and what was expected. */
import type { ErrorObject } from 'ajv';
import { type FileFinding, pathText, type ValuePath } from './finding.ts';
import { hint } from './nearest-name.ts';
import type { ManifestKind } from './parsed-file.ts';
import { expectedAt, expectedNamesAt } from './schema-expectation.ts';

export type Violation = Omit<FileFinding, 'document'>;

function violation(path: ValuePath, part: FileFinding['part'], code: string, message: string): Violation {
  return { path, part, code, message };
}

/** Turns a JSON pointer into a path through `value`, so that list indices are numbers. */
function pathOf(pointer: string, value: unknown): ValuePath {
  let at: unknown = value;
  return pointer
    .split('/')
    .slice(1)
    .map((step) => {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
      const isList = Array.isArray(at);
      at = typeof at === 'object' && at !== null ? (at as Readonly<Record<string, unknown>>)[name] : undefined;
      return isList ? Number(name) : name;
    });
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: ValuePath): unknown {
  return path.reduce<unknown>((at, step) => (at as Readonly<Record<string | number, unknown>>)?.[step], value);
}

/** Letters of a value that a message has. */
const shownMax = 60;

/** A value as a message names it. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'nothing';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value);
  return `${typeof value} ${text.length > shownMax ? `${text.slice(0, shownMax)}…` : text}`;
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  'integer,string': 'a whole number or a text such as 5%',
};

function withNote(message: string, note: string | undefined): string {
  return note === undefined ? message : `${message}: ${note}`;
}

/** What is counted of a text, a list and a map. */
const countedOf: Readonly<Record<string, string>> = {
  minLength: 'characters',
  maxLength: 'characters',
  minItems: 'entries',
  maxItems: 'entries',
  minProperties: 'fields',
  maxProperties: 'fields',
};

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return [...value].length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

/** `must not be empty`, or the bound that was not kept and what is there. */
function boundText({ keyword, params, message }: ErrorObject, seen: unknown): string {
  const counted = countedOf[keyword];
  if (counted !== undefined) {
    const size = sizeOf(seen);
    const isLeast = keyword.startsWith('min');
    if (isLeast && size === 0) return 'must not be empty';
    return `must have ${isLeast ? 'at least' : 'at most'} ${params.limit} ${counted}, and has ${size}`;
  }
  const rule = keyword === 'const' ? `must be ${params.allowedValue}` : (message ?? 'is not allowed');
  return `${rule}, not ${shown(seen)}`;
}

/** One sentence for one violation of the schema; undefined for those that only repeat another. */
export function describeViolation(error: ErrorObject, kind: ManifestKind, value: unknown): Violation | undefined {
  const path = pathOf(error.instancePath, value);
  const what = path.length === 0 ? 'the manifest' : pathText(path);
  const seen = valueAt(value, path);
  const note = expectedAt(kind, path).description;
  switch (error.keyword) {
    case 'additionalProperties': {
      const field = String(error.params.additionalProperty);
      const known = Object.keys(expectedAt(kind, path).properties ?? {});
      return violation(
        [...path, field],
        'key',
        'UNKNOWN_FIELD',
        `${what} has no field "${field}"; ${hint(field, known, 'field here')}`,
      );
    }
    case 'required': {
      const field = String(error.params.missingProperty);
      const fieldNote = expectedAt(kind, [...path, field]).description;
      return violation(path, 'key', 'MISSING_FIELD', withNote(`${what} lacks "${field}"`, fieldNote));
    }
    case 'type': {
      const expected = typeNames[String(error.params.type)] ?? String(error.params.type);
      const quote = expected === 'text' && (typeof seen === 'number' || typeof seen === 'boolean') ? '; quote it' : '';
      return violation(path, 'value', 'WRONG_TYPE', `${what} must be ${expected}, not ${shown(seen)}${quote}`);
    }
    case 'enum': {
      const allowed = (error.params.allowedValues as readonly unknown[]).map(String);
      return violation(
        path,
        'value',
        'UNKNOWN_VALUE',
        `${what} cannot be ${shown(seen)}; ${hint(String(seen), allowed, 'value')}`,
      );
    }
    case 'propertyNames': {
      const field = String(error.params.propertyName);
      const form = expectedNamesAt(kind, path).description;
      return violation([...path, field], 'key', 'BAD_NAME', withNote(`"${field}" cannot be a name in ${what}`, form));
    }
    case 'pattern':
      // Also told for names of members, where `propertyNames` says it better.
      if (error.propertyName !== undefined) return undefined;
      return violation(path, 'value', 'BAD_VALUE', withNote(`${what} cannot be ${shown(seen)}`, note));
    default:
      return violation(path, 'value', 'OUT_OF_RANGE', withNote(`${what} ${boundText(error, seen)}`, note));
  }
}
