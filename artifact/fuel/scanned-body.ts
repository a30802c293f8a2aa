import type { BodyShape } from './body-shape.ts';

type Traits = 'callsIndirectly' | 'hasLoop' | 'hasHandler' | 'hasBulk' | 'throwsOrTailCalls';
type Parts = 'segments' | 'flow' | 'constructs' | 'calls' | 'references';

/** What may be seen anywhere in a body. */
export interface Seen extends Pick<BodyShape, Traits> {
  readonly usesVectors: boolean;
  /** How many operands there are at once, at most. */
  readonly heightMax: number;
}

/** What the instructions of a body say. */
export interface ScannedBody extends Pick<BodyShape, Parts> {
  readonly seen: Seen;
}

/** Of a body that is not walked yet. */
export function nothingSeen(): { -readonly [one in keyof Seen]: Seen[one] } {
  return {
    callsIndirectly: false,
    hasLoop: false,
    hasHandler: false,
    hasBulk: false,
    throwsOrTailCalls: false,
    usesVectors: false,
    heightMax: 0,
  };
}
