/** Violations of the configuration's schema → sentences that say which key, what was seen and what was expected. */
import type { ErrorObject } from 'ajv';
import { isConfiguration } from './generated/validators/configuration.js';
import { nearestName } from './nearest-name.ts';

/** One thing wrong with a configuration. */
export interface ConfigurationFault {
  /** `controller.http.port`; empty for the whole file. */
  readonly key: string;
  readonly message: string;
  /** The environment variable or flag that gave the value; absent when the file did, or nobody. */
  readonly givenBy?: string;
}

/** What messages are made of: the keys that a mapping may have, and what is said of a key. */
export interface ConfigurationKeys {
  readonly membersOf: (keys: readonly string[]) => readonly string[];
  readonly noteOf: (keys: readonly string[]) => string | undefined;
  readonly variableOf: (keys: readonly string[]) => string;
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
};

function shown(value: unknown, keys: readonly string[]): string {
  // What is secret stays out of logs, also when it is wrong.
  if (/token|secret/i.test(keys.at(-1) ?? '')) return '';
  if (value === null) return ', not nothing';
  if (typeof value === 'object') return Array.isArray(value) ? ', not a list' : ', not a mapping';
  // A configuration that is a program may hold what no file can.
  const isText = ['string', 'number', 'boolean'].includes(typeof value);
  return `, not ${isText ? JSON.stringify(value).slice(0, 60) : `a ${typeof value}`}`;
}

/** `there is no such key; did you mean "port"?` */
export function unknownKey(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return `there is no such key; ${nearest === undefined ? `there are: ${known.join(', ')}` : `did you mean "${nearest}"?`}`;
}

function withNote(message: string, note: string | undefined): string {
  return note === undefined ? message : `${message} (${note.replace(/\.$/, '')})`;
}

function faultOf(error: ErrorObject, value: unknown, about: ConfigurationKeys): ConfigurationFault {
  const keys = error.instancePath.split('/').slice(1);
  const key = keys.join('.');
  const seen = shown(
    keys.reduce<unknown>((at, step) => (at as Readonly<Record<string, unknown>> | undefined)?.[step], value),
    keys,
  );
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(error.params.additionalProperty);
      return { key: [...keys, name].join('.'), message: unknownKey(name, about.membersOf(keys)) };
    }
    case 'required': {
      const missing = [...keys, String(error.params.missingProperty)];
      const isLeaf = about.membersOf(missing).length === 0;
      const how = isLeaf ? `; write it, or set ${about.variableOf(missing)}` : '';
      return { key: missing.join('.'), message: `${withNote('is missing', about.noteOf(missing))}${how}` };
    }
    case 'type':
      return { key, message: `must be ${typeNames[String(error.params.type)] ?? error.params.type}${seen}` };
    case 'pattern':
      return { key, message: withNote(`is not what it must be${seen.replace(', not', ':')}`, about.noteOf(keys)) };
    default:
      return { key, message: withNote(`${error.message ?? 'is not valid'}${seen}`, about.noteOf(keys)) };
  }
}

/** Everything wrong with a whole configuration; what is only missing is told when `alsoMissing` says so. */
export function configurationFaults(
  value: unknown,
  about: ConfigurationKeys,
  alsoMissing: boolean,
): readonly ConfigurationFault[] {
  if (isConfiguration(value)) return [];
  const errors = (isConfiguration.errors ?? []).filter(({ keyword }) => alsoMissing || keyword !== 'required');
  return errors.map((error) => faultOf(error, value, about));
}
