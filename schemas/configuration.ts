/**
 * Turns a configuration file's section, environment variables and flags into one judged value. Pure: who found the file
 * and what the environment is are arguments.
 */
import schema from './configuration.schema.json' with { type: 'json' };
import type { AgentConfiguration, CliConfiguration, ControllerConfiguration } from './generated/types.ts';
import { isConfiguration } from './generated/validators.js';

/** The sections after defaults were filled in. */
export interface Sections {
  readonly controller: ControllerConfiguration;
  readonly agent: AgentConfiguration;
  readonly cli: CliConfiguration;
}

export type Section = keyof Sections;

/** One thing wrong with a configuration: where (`controller.http.port`), and what was expected. */
export interface ConfigurationFault {
  readonly key: string;
  readonly message: string;
}

interface SchemaNode {
  readonly $ref?: string;
  readonly type?: string;
  readonly title?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
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

function unknownFlags(flags: Readonly<Record<string, string>>, leaves: readonly Leaf[]): ConfigurationFault[] {
  const known = new Set(leaves.map(({ keys }) => keys.join('.')));
  return Object.keys(flags)
    .filter((flag) => !known.has(flag))
    .map((flag) => ({ key: flag, message: `there is no such key; there are ${[...known].join(', ')}` }));
}

function judge(section: Section, values: Values): ConfigurationFault[] {
  if (isConfiguration({ [section]: values })) return [];
  return (isConfiguration.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = 'additionalProperty' in params ? `: ${params.additionalProperty}` : '';
    return { key: instancePath.slice(1).replaceAll('/', '.'), message: `${message ?? 'is not valid'}${extra}` };
  });
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

/** The section with everything filled in, or all that is wrong with it. */
export function resolveConfiguration<S extends Section>(
  section: S,
  inputs: ConfigurationInputs,
): { readonly value: Sections[S] } | { readonly faults: readonly ConfigurationFault[] } {
  const leaves = sectionLeaves(section);
  const whole = inputs.file ?? {};
  if (!isConfiguration(whole)) {
    const faults = (Object.keys(schema.properties) as Section[]).flatMap((name) => {
      const part = valueAt(whole, [name]);
      return part === undefined ? [] : judge(name, part as Values);
    });
    // What the section alone can't explain is wrong at the top: a misspelt section, or not a mapping.
    const missingElsewhere = faults.filter(({ message }) => !message.startsWith('must have required'));
    if (missingElsewhere.length > 0) return { faults: missingElsewhere };
    if (typeof whole !== 'object' || Object.keys(whole).some((key) => !Object.hasOwn(schema.properties, key))) {
      return {
        faults: [{ key: '', message: `must be a mapping with ${Object.keys(schema.properties).join(', ')} only` }],
      };
    }
  }
  const values = structuredClone(valueAt(whole, [section]) ?? {}) as Values;
  for (const { keys, node } of leaves) {
    const flag = inputs.flags[keys.join('.')];
    const text = flag ?? inputs.environment[environmentName(section, keys)];
    const given = valueAt(values, keys);
    const value = text !== undefined ? typedValue(text, node) : (given ?? node.default);
    if (value === undefined) continue;
    const from = text === undefined ? 'file' : 'caller';
    const isPath = node['x-path'] === true && typeof value === 'string' && !/^[a-z][a-z0-9+.-]*:\/\//.test(value);
    setAt(values, keys, isPath ? inputs.resolvePath(value, from) : value);
  }
  const faults = [...unknownFlags(inputs.flags, leaves), ...judge(section, values)];
  return faults.length > 0 ? { faults } : { value: values as unknown as Sections[S] };
}
