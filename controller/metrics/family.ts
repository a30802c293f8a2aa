/** What is measured, in the terms of OpenMetrics: a family is one thing under one name, a sample what it is for some labels. */

export type Labels = Readonly<Record<string, string>>;

/** One number, of whatever the labels say. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** How many of what was measured were in which range: `counts[i]` up to and with `bounds[i]`, and one more for all above. */
export interface Distribution {
  readonly labels?: Labels;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

interface Named {
  /** A unit comes last in it; what is counted from a start on has no `_total` here. */
  readonly name: string;
  readonly help: string;
  readonly unit?: 'seconds' | 'bytes' | 'ratio';
}

/** counter and histogram only grow in the life of a controller; gauge and gaugehistogram are how it is now. */
export type Family = Named &
  (
    | { readonly kind: 'gauge' | 'counter'; readonly samples: readonly Sample[] }
    | { readonly kind: 'histogram' | 'gaugehistogram'; readonly samples: readonly Distribution[] }
  );
