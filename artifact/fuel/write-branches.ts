import type { InstructionCursor } from '../wasm/read/instructions.ts';
import type { Assembler } from './assembler.ts';
import { noBackEdge } from './body-shape.ts';
import type { CachedFuel } from './cached-fuel.ts';
import { leavesRegion, notCached, notReentered } from './cached-regions.ts';
import type { MeteredFunction } from './meter.ts';
import { copyBranch, labelOutside, labelsAround } from './reentered-loop.ts';

/** What the branches of a function are written from. */
export interface BranchSource {
  readonly code: Assembler;
  readonly cursor: InstructionCursor;
  readonly metered: MeteredFunction;
  readonly fuel: CachedFuel;
  readonly regions: Int32Array;
  readonly reentered: Int32Array;
}

/** Writes branches with what is to be done on their way. Each method is told where the branch stands, and says up to where that was written. */
export class BranchWriter {
  readonly #source: BranchSource;

  constructor(source: BranchSource) {
    this.#source = source;
  }

  /** Any branch but a br_if. */
  branch(at: number, from: number, to: number, edge: number): number {
    const { regions, fuel } = this.#source;
    this.#payOnWay(this.#chargeOf(edge), from, to, this.#labelsInside(from));
    if (leavesRegion(regions, from, to)) fuel.putBack();
    return this.#copy(at, from);
  }

  /** The fuel is put back on the way out only, where the branch carries nothing; else before it, whichever way it goes. */
  branchIf(at: number, from: number, to: number, edge: number): number {
    const { code, cursor, metered, regions, fuel } = this.#source;
    const leaves = leavesRegion(regions, from, to);
    const charge = this.#chargeOf(edge);
    if (charge === 0 && (!leaves || metered.shape.constructs.labelArity[to] !== 0)) {
      if (leaves) fuel.putBack();
      return this.#copy(at, from);
    }
    cursor.seek(at, cursor.bytes.length);
    cursor.next();
    const { end } = cursor;
    const labels = this.#labelsInside(from);
    const label = labelOutside(cursor.values[0]!, labels);
    code.if();
    this.#payOnWay(charge, from, to, labels + 1);
    if (leaves) fuel.putBack();
    code.branch(label + 1);
    code.end();
    return end;
  }

  /** Leaves the block around all of the function, which stands under so many labels of its own. */
  leave(construct: number, label: number): void {
    this.#source.code.branch(label + (this.#source.reentered[construct] === notReentered ? 0 : labelsAround));
  }

  #chargeOf(edge: number): number {
    return edge === noBackEdge ? 0 : this.#source.metered.metering.charges.backEdges[edge]!;
  }

  /** Pays for the round that ends here, under so many labels of the loop if that will be entered anew. */
  #payOnWay(charge: number, from: number, to: number, labels: number): void {
    const { regions, reentered, fuel } = this.#source;
    if (charge === 0) return;
    if (reentered[from] === to) fuel.chargeRound(charge, labels);
    else if (regions[from] === notCached) fuel.chargeGlobalInPlace(charge);
    else fuel.chargeInPlace(charge);
  }

  /** Copies a branch, which may go out of a loop that will be entered anew. */
  #copy(at: number, from: number): number {
    const { code, cursor, reentered } = this.#source;
    if (reentered[from] === notReentered) return at;
    copyBranch(code, cursor, at, this.#labelsInside(from));
    return cursor.end;
  }

  /** How many labels are open here up to and with that of the loop that will be entered anew. */
  #labelsInside(from: number): number {
    const { reentered, metered } = this.#source;
    const loop = reentered[from]!;
    if (loop === notReentered) return Number.POSITIVE_INFINITY;
    let labels = 1;
    const { parent } = metered.shape.constructs;
    for (let construct = from; construct !== loop; construct = parent[construct]!) labels++;
    return labels;
  }
}
