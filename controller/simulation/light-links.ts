/** What a device without an agent takes of the budgets of its links, counted as an agent counts it. */
import { counted, countNow, type LinkCount } from '../../device-agent/links/link-count.ts';
import { roomOn, streamShare } from '../../device-agent/links/link-terms.ts';
import { periodAt, periodStart } from '../../device-agent/links/period.ts';
import type { DeployedBudget } from '../../schemas/generated/types.ts';

/** A link with a budget that its devices keep to. */
export interface BudgetedLink {
  readonly name: string;
  readonly budget: DeployedBudget;
}

/** What a device told that it took of the budget of a link by then, in milliseconds since the epoch. */
export interface LinkUsed {
  readonly link: string;
  readonly bytes: number;
  readonly atMs: number;
}

/** What of a budget is left for modules. */
interface Room {
  readonly bytes: number;
  /** When there is a whole budget again. */
  readonly until: number;
}

/** Its clock is never wrong. */
function timesAt(now: number) {
  return { nowMs: now, provedMs: now };
}

/** The counts of one device. */
export class LightLinks {
  readonly #counts = new Map<string, LinkCount>();

  /** From what it took before. */
  constructor(used: readonly LinkUsed[] = []) {
    for (const { link, bytes, atMs } of used) this.#count(link, bytes, atMs);
  }

  /** So much of a module goes over it. */
  take({ name }: BudgetedLink, bytes: number, now: number): void {
    this.#count(name, Math.ceil(bytes / streamShare), now);
  }

  /** What may still go over it. */
  room({ name, budget }: BudgetedLink, now: number): Room {
    const { bytes } = countNow(this.#counts.get(name)?.[budget.per], budget.per, timesAt(now));
    const left = Math.max(0, budget.bytes - bytes);
    return {
      bytes: Math.floor(roomOn({ name, left }) * streamShare),
      until: periodStart(budget.per, periodAt(budget.per, now) + 1),
    };
  }

  #count(link: string, bytes: number, now: number): void {
    this.#counts.set(link, counted(this.#counts.get(link), bytes, timesAt(now)));
  }
}
