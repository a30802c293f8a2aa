import type { CallGraph } from './call-graph.ts';
import { chargesOf } from './charges.ts';
import { chargeRules } from './limits.ts';

/** Who pays for what a function runs. */
export interface Payment {
  /** Fuel to charge at the start of each of its segments; 0 where the code before it has paid. */
  readonly charges: readonly number[];
  /** What it pays for itself: all that it runs, all but what is charged at its entry, or nothing. */
  readonly pays: 'all' | 'rest' | 'nothing';
  /** Fuel that its direct callers pay for it. */
  readonly paidByCallers: number;
  /** Whether fuel must be looked at when it is entered; else what runs before the next look is bounded. */
  readonly checksFuel: boolean;
}

interface Settled extends Payment {
  /** Fuel that it pays, with what it calls, before any of them looks: each piece of its code once, as loops look. */
  readonly unseen: number;
}

/**
 * Decides who pays for each function, once it is known who pays for the uncounted ones that it calls. Every cycle of calls has a
 * function that counts the stack, and every other cycle is a loop: both look at the fuel. What runs between two looks is so bounded
 * by `uncheckedMax` and what the functions that are under way have in one piece.
 */
export class Payments {
  readonly #graph: CallGraph;
  /** Which functions count the stack, and look at the fuel when they do. */
  readonly #counts: readonly boolean[];
  readonly #settled: Settled[];
  /** The most that a function that is called by a reference does unseen. */
  #unseenByReference = 0;

  constructor(graph: CallGraph, counts: readonly boolean[]) {
    this.#graph = graph;
    this.#counts = counts;
    this.#settled = new Array(graph.shapes.length);
  }

  /** Those that may be called by a reference are settled now, but for those that count. */
  byReference(referenced: readonly number[]): void {
    this.#unseenByReference = referenced.reduce((most, one) => Math.max(most, this.#unseenBelow(one)), 0);
  }

  /** All uncounted ones that it calls are settled. */
  settle(at: number): Payment {
    const { shapes, entries, referenced } = this.#graph;
    this.#payForCallees(at);
    const charges = chargesOf(shapes[at]!);
    const unseen = this.#unseen(at);
    const checksFuel = this.#counts[at]! || unseen > chargeRules.uncheckedMax;
    // Nobody pays for those that are called otherwise.
    const isOwnPayer = checksFuel || entries.has(at) || referenced.has(at);
    const entry = charges[0]!;
    const isWhole = this.#isLeaf(at) && charges.every((charge, segment) => segment === 0 || charge === 0);
    const isFree = isWhole && !this.#counts[at] && (entry <= chargeRules.leafMax || !isOwnPayer);
    const pays = isFree ? 'nothing' : isOwnPayer ? 'all' : 'rest';
    const payment = { charges, pays, paidByCallers: pays === 'all' ? 0 : entry, checksFuel } as const;
    this.#settled[at] = { ...payment, unseen: unseen - payment.paidByCallers };
    return payment;
  }

  /** Adds to what the segments of a function cost what they pay for those they call. */
  #payForCallees(at: number): void {
    const { shapes, imported } = this.#graph;
    const { calls, segments } = shapes[at]!;
    calls.callee.forEach((callee, call) => {
      segments.cost[calls.segment[call]!]! += this.#settled[callee - imported]?.paidByCallers ?? 0;
    });
  }

  /** Whether nothing in it has to do with fuel once it is paid for. */
  #isLeaf(at: number): boolean {
    const { shapes, imported } = this.#graph;
    const { hasLoop, hasBulk, throwsOrTailCalls, callsIndirectly, calls } = shapes[at]!;
    if (hasLoop || hasBulk || throwsOrTailCalls || callsIndirectly) return false;
    return calls.callee.every((callee) => this.#settled[callee - imported]?.pays === 'nothing');
  }

  #unseen(at: number): number {
    const { shapes, imported } = this.#graph;
    const { calls, callsIndirectly, segments } = shapes[at]!;
    const own = segments.cost.reduce((sum, cost) => sum + cost, callsIndirectly ? this.#unseenByReference : 0);
    return calls.callee.reduce((sum, callee) => sum + this.#unseenBelow(callee - imported), own);
  }

  /** What a call of a function does unseen besides what was paid for it; nothing where it looks first, or the host is called. */
  #unseenBelow(at: number): number {
    const callee = this.#settled[at];
    return callee === undefined || callee.checksFuel ? 0 : callee.unseen;
  }
}
