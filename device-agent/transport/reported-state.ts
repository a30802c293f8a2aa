/** How a report becomes the reported state of a shadow, which merges what it is told and forgets only what is named. */
import type { Report } from '../../schemas/generated/types.ts';
import { isObject } from '../../schemas/json-object.ts';

type Members = Readonly<Record<string, unknown>>;

/** What an earlier report may have left: members that a report may lack, at both levels. */
const maybeLeft: Members = {
  ...{ boot: {}, running: {}, target: {}, progress: {}, downloads: [], bytesReceivedTotal: 0 },
  problem: { sequence: 0 },
  outbox: { oldestAt: '', held: { channel: '' } },
};

/** Nulls for the members of `held` that `own` lacks, at any depth; undefined when there are none. */
function removals(held: Members, own: Members): Members | undefined {
  const entries = Object.entries(held).flatMap(([name, value]): [string, unknown][] => {
    if (!Object.hasOwn(own, name)) return [[name, null]];
    const [inner, ownInner] = [value, own[name]];
    const nested = isObject(inner) && isObject(ownInner) ? removals(inner, ownInner) : undefined;
    return nested === undefined ? [] : [[name, nested]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Both; where both have members, member by member, else as `over` says. */
function merged(under: Members, over: Members): Members {
  const joined = Object.entries(over).map(([name, value]): [string, unknown] => {
    const below = Object.hasOwn(under, name) ? under[name] : undefined;
    return [name, isObject(below) && isObject(value) ? merged(below, value) : value];
  });
  return { ...under, ...Object.fromEntries(joined) };
}

/**
 * The reported half of one device's shadow during one connection. Only the device writes there, but an older agent of it, or a
 * program in its name, may have left members that no report of this one names: they are taken back by name.
 */
export class ReportedState {
  #held: Members = maybeLeft;
  #said: Members | undefined;

  /** The update that makes the reported state exactly this report. */
  updateFor(report: Report): Members {
    const said = { ...report };
    const update = merged(removals(this.#held, said) ?? {}, said);
    this.#said = said;
    // What this report has and a later one lacks is taken back by that one.
    this.#held = merged(this.#held, said);
    return update;
  }

  /**
   * The shadow was read. Gives the update that takes back what is not ours, if a report went out without doing so: that report
   * again, since on shore a report is whole or none.
   */
  found(reported: unknown): Members | undefined {
    if (!isObject(reported)) return undefined;
    this.#held = merged(maybeLeft, reported);
    const strangers = this.#said && removals(reported, this.#said);
    return strangers && this.#said && merged(strangers, this.#said);
  }
}
