/** Which part of CEL a condition may be: what takes a bounded time whatever the values are. */
import type { ASTNode } from '@marcbachmann/cel-js';

/** Where in the text it is wrong, and why. */
export interface ConditionFault {
  readonly at: number;
  readonly message: string;
}

/** What a condition may be about. */
export const subjects = ['facts', 'labels', 'link', 'power'] as const;

const operators = ['||', '&&', '==', '!=', '<', '<=', '>', '>=', 'in', '+', '-', '*', '/', '%', '!_', '-_', '?:'];
const functions = ['has', 'size', 'int', 'double', 'string'];
const methods = ['startsWith', 'endsWith', 'contains', 'size'];

/** The library declares its nodes as a union by `op`; here one shape is enough. */
interface Part {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
}

/** Gathers what is wrong, and the names that are right. */
interface Walk {
  readonly faults: ConditionFault[];
  readonly names: Set<string>;
}

const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null && 'op' in value;

/** `facts.speed`, or `labels["a.b/c"]` as `labels.a.b/c`; undefined where it is no name. */
function nameOf({ op, args }: Part): string | undefined {
  if (op !== '.' && op !== '[]') return undefined;
  const [of, member] = args as readonly [Part, string | Part];
  const subject = of.op === 'id' ? subjects.find((known) => known === of.args) : undefined;
  const key = typeof member === 'string' ? member : member.op === 'value' ? member.args : undefined;
  return subject === undefined || typeof key !== 'string' ? undefined : `${subject}.${key}`;
}

/** `"role" in labels`: whether the device has a label. */
function labelAsked({ op, args }: Part): string | undefined {
  if (op !== 'in') return undefined;
  const [key, of] = args as readonly [Part, Part];
  const isAsked = of.op === 'id' && of.args === 'labels' && key.op === 'value' && typeof key.args === 'string';
  return isAsked ? `labels.${key.args}` : undefined;
}

function walkCall(part: Part, walk: Walk): void {
  const [name, ...rest] = part.args as readonly [string, ...unknown[]];
  const known = part.op === 'call' ? functions : methods;
  if (!known.includes(name)) {
    const message = `"${name}" can't be used in a condition, which has to be judged in a bounded time; there are: ${known.join(', ')}`;
    walk.faults.push({ at: part.start, message });
  }
  for (const each of rest.flat()) if (isPart(each)) walkPart(each, walk);
}

function walkPart(part: Part, walk: Walk): void {
  const name = nameOf(part) ?? labelAsked(part);
  if (name !== undefined) {
    walk.names.add(name);
    return;
  }
  if (part.op === 'value') return;
  if (part.op === 'call' || part.op === 'rcall') return walkCall(part, walk);
  if (part.op !== 'list' && !operators.includes(part.op)) {
    const what = part.op === 'id' ? `"${String(part.args)}" alone` : `"${part.op}" here`;
    const message = `${what} can't be used in a condition; it is about ${subjects.map((one) => `${one}.NAME`).join(', ')}`;
    walk.faults.push({ at: part.start, message });
    return;
  }
  for (const each of [part.args].flat()) if (isPart(each)) walkPart(each, walk);
}

/** What a condition names, or what of it may not be in one. */
export function readSyntax(ast: ASTNode): { readonly fault?: ConditionFault; readonly names: readonly string[] } {
  const walk: Walk = { faults: [], names: new Set() };
  walkPart(ast as unknown as Part, walk);
  const [fault] = walk.faults;
  return { ...(fault === undefined ? {} : { fault }), names: [...walk.names] };
}

/** The text on both sides of the `&&` that is judged last; undefined where there is none, or parentheses hide it. */
export function sidesOf(text: string, ast: ASTNode): readonly [string, string] | undefined {
  if (ast.op !== '&&') return undefined;
  const [left, right] = ast.args as readonly [ASTNode, ASTNode];
  const between = text.slice(left.end, right.start);
  const at = between.indexOf('&&');
  if (at < 0 || at !== between.lastIndexOf('&&')) return undefined;
  return [text.slice(0, left.end + at).trim(), text.slice(left.end + at + 2).trim()];
}
