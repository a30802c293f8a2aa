/** What can be asked of a value of which nothing is known: members that are not known here are left alone. */
import { isObject } from '../../schemas/json-object.ts';

/** What is wrong with a value, as a sentence without its subject: ` is not a time`, `.since is not a time`; undefined when nothing is. */
export type Check = (value: unknown) => string | undefined;

/** A check for every member there may be. */
export type Members<T> = { readonly [K in keyof Required<T>]: Check };

/** A check by a question; `expected` says what is right. */
export function when(isRight: (value: unknown) => boolean, expected: string): Check {
  const fault = ` is not ${expected}`;
  return (value) => (isRight(value) ? undefined : fault);
}

/** A text of this form. */
export function matching(pattern: RegExp, expected: string): Check {
  return when((value) => typeof value === 'string' && pattern.test(value), expected);
}

/** What may be absent. */
export function optional(check: Check): Check {
  return (value) => (value === undefined ? undefined : check(value));
}

/** A list of these. */
export function listOf(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return ' is not a list';
    for (const [at, item] of value.entries()) {
      const fault = check(item);
      if (fault !== undefined) return `[${at}]${fault}`;
    }
    return undefined;
  };
}

/** An object of these, by any names. */
export function mapOf(check: Check): Check {
  return (value) => {
    if (!isObject(value)) return ' is not an object';
    for (const [name, item] of Object.entries(value)) {
      const fault = check(item);
      if (fault !== undefined) return `.${name}${fault}`;
    }
    return undefined;
  };
}

/** An object with these members. */
export function shape<T>(members: Members<T>): Check {
  const checks = Object.entries<Check>(members);
  return (value) => {
    if (!isObject(value)) return ' is not an object';
    for (const [name, check] of checks) {
      const fault = check(value[name]);
      if (fault !== undefined) return `.${name}${fault}`;
    }
    return undefined;
  };
}

export const text = when((value) => typeof value === 'string', 'a text');
export const flag = when((value) => typeof value === 'boolean', 'true or false');
export const count = when((value) => Number.isSafeInteger(value) && Number(value) >= 0, 'a count');
export const sequence = when((value) => Number.isSafeInteger(value) && Number(value) >= 1, 'a sequence number');

/** The latest moment that can be written down, in milliseconds since the epoch. */
const timeMax = 8.64e15;
export const time = when((value) => typeof value === 'number' && value >= 0 && value <= timeMax, 'a time');
export const writtenTime = when(
  (value) => typeof value === 'string' && /^\d{4}-.*Z$/.test(value) && !Number.isNaN(Date.parse(value)),
  'a time in UTC',
);

export const name = matching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'a name');
export const version = matching(/^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/, 'a version');
export const code = matching(/^[A-Z][A-Z0-9_]{0,63}$/, 'a code');
export const commit = matching(/^[0-9a-f]{40}$/, 'the id of a commit');

/** One of these words. */
export function oneOf<T extends string>(words: Readonly<Record<T, true>>, expected: string): Check {
  return when((value) => typeof value === 'string' && Object.hasOwn(words, value), expected);
}

export const digest = matching(/^[0-9a-f]{64}$/, 'a digest');
export const anyObject = when(isObject, 'an object');
