/**
 * Turns a configuration file's section, environment variables and flags into one judged value. Pure: who found the file
 * and what the environment is are arguments.
 */
import schema from './configuration.schema.json' with { type: 'json' };
import {
  type ConfigurationFault,
  type ConfigurationKeys,
  configurationFaults,
  unknownKey,
} from './configuration-faults.ts';
import type { AgentConfiguration, CliConfiguration, ControllerConfiguration } from './generated/types.ts';
import { isObject } from './json-object.ts';
import { nearestName } from './nearest-name.ts';

/** The sections after defaults were filled in. */
export interface Sections {
  readonly controller: ControllerConfiguration;
  readonly agent: AgentConfiguration;
  readonly cli: CliConfiguration;
}

export type Section = keyof Sections;

interface SchemaNode {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  /** Of a list. */
  readonly items?: SchemaNode;
  readonly required?: readonly string[];
  readonly 'x-path'?: boolean;
}

type Values = Record<string, unknown>;

const definitions: Readonly<Record<string, SchemaNode>> = schema.$defs;

function resolveNode(node: SchemaNode): SchemaNode {
  const local = node.$ref?.startsWith('#/$defs/') ? definitions[node.$ref.slice('#/$defs/'.length)] : undefined;
  return local ?? node;
}

/** A leaf of a section: its path of keys and its schema. */
interface Leaf {
  readonly keys: readonly string[];
  readonly node: SchemaNode;
}

function leavesOf(node: SchemaNode, keys: readonly string[] = []): Leaf[] {
  const { properties } = resolveNode(node);
  if (properties === undefined) return [{ keys, node }];
  return Object.entries(properties).flatMap(([key, inner]) => leavesOf(inner, [...keys, key]));
}

function sectionLeaves(section: Section): Leaf[] {
  return leavesOf(schema.properties[section]);
}

/** `controller`, `['http', 'port']` → `FLEET_CONTROLLER_HTTP_PORT`. */
export function environmentName(section: Section, keys: readonly string[]): string {
  const words = [section, ...keys].map((key) => key.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase());
  return `FLEET_${words.join('_')}`;
}

/** What Kubernetes sets for a service named fleet-controller. */
function isServiceLink(name: string, value: string | undefined): boolean {
  return /_(SERVICE_HOST|SERVICE_PORT\w*|PORT_\d+_(TCP|UDP)\w*)$/.test(name) || /^(tcp|udp):\/\//.test(value ?? '');
}

/** Variables that look like those of a section and mean nothing, each as a sentence. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const sections = Object.keys(schema.properties) as Section[];
  const known = sections.flatMap((section) => sectionLeaves(section).map(({ keys }) => environmentName(section, keys)));
  return Object.entries(environment).flatMap(([name, value]) => {
    const section = /^FLEET_([A-Z]+)_/.exec(name)?.[1];
    // Others may have variables that begin like ours.
    const isOurs = section !== undefined && nearestName(section, sections) !== undefined;
    if (!isOurs || known.includes(name) || isServiceLink(name, value)) return [];
    const nearest = nearestName(name, known);
    const meant = nearest === undefined ? 'see schemas/configuration.schema.json' : `did you mean ${nearest}?`;
    return [`the variable ${name} means nothing; ${meant}`];
  });
}

function valueAt(values: unknown, keys: readonly string[]): unknown {
  let value = values;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Values)[key];
  }
  return value;
}

function setAt(values: Values, keys: readonly string[], value: unknown): void {
  let target = values;
  for (const key of keys.slice(0, -1)) {
    if (typeof target[key] !== 'object' || target[key] === null) target[key] = {};
    target = target[key] as Values;
  }
  target[keys.at(-1)!] = value;
}

/** Text from the environment or a flag as its schema wants it; text that does not fit stays text and is refused later. */
function typedValue(text: string, node: SchemaNode): unknown {
  switch (node.type) {
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'array':
      return text.split(',').map((item) => item.trim());
    default:
      return text;
  }
}

function innerNode(node: SchemaNode, key: string): SchemaNode {
  const { properties, items } = resolveNode(node);
  return properties?.[key] ?? items ?? {};
}

function nodeAt(keys: readonly string[]): SchemaNode {
  return keys.reduce<SchemaNode>(innerNode, schema as SchemaNode);
}

const about: ConfigurationKeys = {
  membersOf: (keys) => Object.keys(resolveNode(nodeAt(keys)).properties ?? {}),
  noteOf: (keys) => nodeAt(keys).description,
  variableOf: ([section, ...keys]) => environmentName(section as Section, keys),
};

function unknownFlags(flags: Readonly<Record<string, string>>, leaves: readonly Leaf[]): ConfigurationFault[] {
  const known = leaves.map(({ keys }) => keys.join('.'));
  return Object.keys(flags)
    .filter((flag) => !known.includes(flag))
    .map((flag) => ({ key: flag, message: unknownKey(flag, known), givenBy: `the flag ${flag}` }));
}

/** A file's value without sections that hold nothing, as when every line of one is a comment. */
function withoutEmptySections(file: unknown): unknown {
  if (!isObject(file)) return file ?? {};
  return Object.fromEntries(
    Object.entries(file).filter(([name, value]) => value !== null || !(name in schema.properties)),
  );
}

/** What `resolveConfiguration` starts from. */
export interface ConfigurationInputs {
  /** The whole file's value; undefined when there is none. */
  readonly file: unknown;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Dotted keys within the section, such as `http.port`. */
  readonly flags: Readonly<Record<string, string>>;
  /** Makes a path of the file (or of environment and flags) absolute. */
  readonly resolvePath: (path: string, from: 'file' | 'caller') => string;
}

/** What a caller gave for a leaf, and how; nothing when its text is empty, as a variable that was not filled in is. */
function givenFor(section: Section, { keys, node }: Leaf, { flags, environment }: ConfigurationInputs) {
  const [flag, variable] = [keys.join('.'), environmentName(section, keys)];
  const [text, by] = flags[flag] === undefined ? [environment[variable], variable] : [flags[flag], `the flag ${flag}`];
  return text === undefined || text === '' ? undefined : { value: typedValue(text, node), by };
}

/** Whether what holds a key is there: an object that needs something said is not made by what may be left out of it. */
function isWanted(section: Section, keys: readonly string[], values: Values): boolean {
  return keys.slice(0, -1).every((_key, index) => {
    const above = keys.slice(0, index + 1);
    return (
      valueAt(values, above) !== undefined || (resolveNode(nodeAt([section, ...above])).required ?? []).length === 0
    );
  });
}

/** The section with everything filled in, or all that is wrong with it. */
export function resolveConfiguration<S extends Section>(
  section: S,
  inputs: ConfigurationInputs,
): { readonly value: Sections[S] } | { readonly faults: readonly ConfigurationFault[] } {
  const leaves = sectionLeaves(section);
  const whole = withoutEmptySections(inputs.file);
  // What the file lacks may still come from elsewhere, and what other sections lack is no business of this program.
  const inFile = configurationFaults(whole, about, false);
  const own = valueAt(whole, [section]);
  const values = (typeof own === 'object' ? structuredClone(own) : {}) as Values;
  const givenBy = new Map<string, string>();
  const set = ({ keys, node }: Leaf, value: unknown, from: 'file' | 'caller'): void => {
    const isPath = node['x-path'] === true && typeof value === 'string' && !/^[a-z][a-z0-9+.-]*:\/\//.test(value);
    setAt(values, keys, isPath ? inputs.resolvePath(value, from) : value);
  };
  for (const leaf of leaves) {
    const given = givenFor(section, leaf, inputs);
    const value = given?.value ?? valueAt(values, leaf.keys);
    if (value === undefined) continue;
    if (given !== undefined) givenBy.set([section, ...leaf.keys].join('.'), given.by);
    set(leaf, value, given === undefined ? 'file' : 'caller');
  }
  for (const leaf of leaves) {
    const { keys, node } = leaf;
    const isOpen = node.default !== undefined && valueAt(values, keys) === undefined;
    if (isOpen && isWanted(section, keys, values)) set(leaf, node.default, 'file');
  }
  const told = new Set(inFile.map(({ key }) => key));
  const faults = [...inFile, ...unknownFlags(inputs.flags, leaves)];
  for (const fault of configurationFaults({ [section]: values }, about, true)) {
    const by = givenBy.get(fault.key);
    if (by !== undefined) faults.push({ ...fault, givenBy: by });
    else if (!told.has(fault.key)) faults.push(fault);
  }
  return faults.length > 0 ? { faults } : { value: values as unknown as Sections[S] };
}
