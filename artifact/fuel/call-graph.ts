import type { BodyShape } from './body-shape.ts';
import { type Payment, Payments } from './payments.ts';
import { threadedFunctions } from './threading.ts';

/** Who calls whom, by the numbers of the functions that the module defines; imported ones are beyond it. */
export interface CallGraph {
  readonly shapes: readonly BodyShape[];
  /** How many functions are imported: the index of the first defined one. */
  readonly imported: number;
  /** Defined functions that the host may call: exports and the start function. */
  readonly entries: ReadonlySet<number>;
  /** Defined functions whose reference is taken, so that indirect calls may reach them. */
  readonly referenced: ReadonlySet<number>;
  /** Whether imported functions may call what is referenced: another module has the same table. */
  readonly sharesTables: boolean;
}

/** How the functions of a module are metered. */
export interface GraphMetering {
  readonly functions: readonly FunctionMetering[];
  /** Bytes of stack that the longest chain of uncounted calls may take. */
  readonly reserve: number;
}

/** How one function is metered. */
export interface FunctionMetering extends Payment {
  /** Bytes it takes from the stack's count; undefined where a caller counts for it. */
  readonly stackBytes: number | undefined;
  /** Whether fuel and stack come as parameters; then it counts the stack for its callees, not for itself. */
  readonly threaded: boolean;
}

/**
 * Decides for every function how it is metered. Each cycle of calls has a function that counts the stack, for itself and
 * the uncounted ones that it may call on the way to the next one that counts.
 */
export function meterFunctions(graph: CallGraph): GraphMetering {
  const threaded = threadedFunctions(graph);
  const counts = countedFunctions(graph);
  const callees = calleesOf(graph);
  const order = cutCycles(callees, counts);
  return measure(graph, callees, counts, threaded, order);
}

/** Functions that call themselves, and those that begin a chain from outside or through a reference and may come round to it again. */
function countedFunctions(graph: CallGraph): boolean[] {
  const { shapes, entries, referenced, imported, sharesTables } = graph;
  const callers = callersOf(graph);
  const indirectly = reaching(
    callers,
    shapes.map(({ callsIndirectly }) => callsIndirectly),
  );
  const outward = reaching(
    callers,
    shapes.map(({ calls }) => calls.callee.some((callee) => callee < imported)),
  );
  return shapes.map(({ calls, callsIndirectly, hasHandler }, number) => {
    if (hasHandler || calls.callee.includes(number + imported)) return true;
    if (entries.has(number) && (calls.callee.length > 0 || callsIndirectly)) return true;
    return referenced.has(number) && (indirectly[number]! || (sharesTables && outward[number]!));
  });
}

/** By function, those that call it directly. */
function callersOf({ shapes, imported }: CallGraph): (readonly number[])[] {
  const callers: number[][] = shapes.map(() => []);
  shapes.forEach(({ calls }, caller) => {
    for (const callee of calls.callee) {
      // What calls it again in the same body is noted.
      if (callee >= imported && callers[callee - imported]!.at(-1) !== caller) callers[callee - imported]!.push(caller);
    }
  });
  return callers;
}

/** Functions that have a property or may call, directly or by others, one that has. */
function reaching(callers: readonly (readonly number[])[], property: readonly boolean[]): boolean[] {
  const reached = [...property];
  const waiting = [...reached.keys()].filter((number) => reached[number]);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const caller of callers[next]!) {
      if (reached[caller]) continue;
      reached[caller] = true;
      waiting.push(caller);
    }
  }
  return reached;
}

/** Functions called directly by each, and behind the last function, as one more, those called by reference. */
function calleesOf({ shapes, imported, referenced }: CallGraph): (readonly number[])[] {
  const hub = shapes.length;
  const direct = shapes.map(({ calls, callsIndirectly }) => {
    const own = calls.callee.filter((callee) => callee >= imported).map((callee) => callee - imported);
    return callsIndirectly ? [...own, hub] : own;
  });
  return [...direct, [...referenced]];
}

/**
 * Walks the calls depth first and lets the function count that closes a cycle of uncounted ones. Returns all, each
 * behind the uncounted ones that it calls.
 */
function cutCycles(callees: readonly (readonly number[])[], counts: boolean[]): number[] {
  const state = new Uint8Array(callees.length);
  const [fresh, open, done] = [0, 1, 2];
  const order: number[] = [];
  for (let root = 0; root < callees.length; root++) {
    if (state[root] !== fresh) continue;
    const path = [root];
    const next = [0];
    state[root] = open;
    while (path.length > 0) {
      const at = path.at(-1)!;
      const callee = callees[at]![next[next.length - 1]!++];
      if (callee === undefined) {
        state[at] = done;
        order.push(at);
        path.pop();
        next.pop();
      } else if (state[callee] === open) counts[callee] = true;
      else if (state[callee] === fresh && !counts[callee]) {
        state[callee] = open;
        path.push(callee);
        next.push(0);
      }
    }
  }
  return order;
}

/** Bytes of a function with what it may call before something else counts; the largest over all ways. */
interface Reach {
  /** On the way to the next function that counts; 0 where there is none. */
  readonly onward: number;
  /** On the longest way. */
  readonly down: number;
}

const nothing: Reach = { onward: 0, down: 0 };

function measure(
  graph: CallGraph,
  callees: readonly (readonly number[])[],
  counts: readonly boolean[],
  threaded: readonly boolean[],
  order: readonly number[],
): GraphMetering {
  const { shapes } = graph;
  const reach: Reach[] = callees.map(() => nothing);
  const payments = new Payments(graph, counts);
  const functions: FunctionMetering[] = new Array(shapes.length);
  let reserve = 0;
  for (const at of order) {
    reach[at] = reachOf(graph, at, callees[at]!, counts, reach);
    const shape = shapes[at];
    if (shape === undefined) {
      payments.byReference(callees[at]!);
      continue;
    }
    const { onward, down } = reach[at];
    const stackBytes = counts[at] ? Math.max(onward, shape.frameBytes) : undefined;
    reserve = Math.max(reserve, threaded[at] ? down : down - (stackBytes ?? 0));
    functions[at] = { ...payments.settle(at), stackBytes, threaded: threaded[at]! };
  }
  return { functions, reserve };
}

function reachOf(
  graph: CallGraph,
  at: number,
  callees: readonly number[],
  counts: readonly boolean[],
  reach: readonly Reach[],
): Reach {
  const shape = graph.shapes[at];
  const frame = shape?.frameBytes ?? 0;
  const outward = shape?.calls.callee.some((callee) => callee < graph.imported) ?? false;
  let onward = outward ? frame : 0;
  let down = frame;
  for (const callee of callees) {
    const below = counts[callee] ? nothing : reach[callee]!;
    if (counts[callee] || below.onward > 0) onward = Math.max(onward, frame + below.onward);
    down = Math.max(down, frame + below.down);
  }
  return { onward, down };
}
