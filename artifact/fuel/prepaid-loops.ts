import type { InstructionCursor } from '../wasm/read/instructions.ts';
import { type BodyShape, noSegment } from './body-shape.ts';
import { mayBeCounted, roundsOf } from './counted-loop.ts';
import { type EditLog, edit } from './edit-log.ts';
import { chargeRules } from './limits.ts';
import type { MeteredFunction } from './meter.ts';

/**
 * By construct what the headers of all rounds of a loop cost, where that is known in front of it, little enough to run before
 * fuel is looked at, and seen by nobody in between. It is paid and looked at once, in front of the loop.
 */
export type PrepaidLoops = ReadonlyMap<number, number>;

const none: PrepaidLoops = new Map();

/** Finds those of a function. */
export function prepaidLoops(
  { shape, metering }: MeteredFunction,
  log: EditLog,
  cursor: InstructionCursor,
): PrepaidLoops {
  const places = shape.hasLoop ? placesOf(shape, log, cursor.bytes) : [];
  if (places.length === 0) return none;
  const prepaid = new Map<number, number>();
  const observed = observedConstructs(shape);
  const charges = headerCharges({ shape, metering });
  for (const { construct, before, start } of places) {
    if (observed[construct] || shape.constructs.escapes[construct]) continue;
    const cost = charges[construct]! * (roundsOf(cursor, before, start) ?? 0);
    if (cost > 0 && cost <= chargeRules.uncheckedMax) prepaid.set(construct, cost);
  }
  return prepaid;
}

/** Where a loop stands, and where code begins that leads straight to it. */
interface Place {
  readonly construct: number;
  readonly before: number;
  readonly start: number;
}

/** The loops whose rounds may be known, by their last bytes. */
function placesOf({ start, edits }: BodyShape, log: EditLog, bytes: Uint8Array): Place[] {
  const found: Place[] = [];
  const open: Place[] = [];
  let before = start;
  for (let i = edits.from; i < edits.to; i++) {
    const { kind, at, first } = log.read(i);
    if (kind === edit.loop) open.push({ construct: first, before, start: at });
    else if (kind === edit.loopEnd) {
      const place = open.pop()!;
      if (mayBeCounted(bytes, at)) found.push(place);
    }
    // An index stands in the middle of its instruction, anything else at the start of one.
    before = kind === edit.function || kind === edit.global ? first : at;
  }
  return found;
}

/** By construct, what is charged where a round starts, if it is a loop that may run. */
function headerCharges({ shape, metering }: MeteredFunction): number[] {
  const { construct, parent } = shape.segments;
  const charges = new Array<number>(shape.constructs.parent.length).fill(0);
  construct.forEach((one, segment) => {
    if (one > 0 && parent[segment] === noSegment) charges[one] = metering.charges[segment]!;
  });
  return charges;
}

/** In which constructs something may see or change the fuel. */
function observedConstructs({ constructs: { parent, observers } }: BodyShape): boolean[] {
  const observed = observers.map((count) => count > 0);
  for (let one = parent.length - 1; one > 0; one--) if (observed[one]) observed[parent[one]!] = true;
  return observed;
}
