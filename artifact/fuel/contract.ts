/**
 * What an instrumented module asks of its host, and gives it.
 *
 * It exports
 *   - `fleet:left`, a mutable i64 global: the fuel that is left. Below zero, the guest calls `out` at the next loop or entry.
 *   - `fleet:stack`, a mutable i32 global: the bytes of call stack that are left to the guest, by its own count. The host sets it
 *     before each call from outside. Below zero: the guest went over.
 *
 * Both are its own, as the engine reaches what a module imports by one more pointer; an instance begins with nothing in them.
 * Modules that are to share them are made to import them instead (`counters.ts`).
 *
 * It imports from `fleet:fuel`
 *   - `out`, a function without parameters and results. It fills up `fleet:left` and returns (a suspending import may wait
 *     before it does), or returns with it below zero: then the guest ends. Where neither counter is below zero, it has nothing to ask:
 *     it tells that memory was refused.
 *
 * A guest ends by a trap, which no handler of the guest sees: the code around every `out` traps when it comes back to a `fleet:left`
 * below zero, and the code around every imported function calls `out` when that does. So a host function that ends its guest (`proc_exit`)
 * sets that to `ended` and returns; one that throws instead may be caught. Between two looks a guest may be below zero without having
 * asked, also when it comes back from a module that it is linked to.
 *
 * While code runs that keeps the fuel in a register, `fleet:left` is what it was before; so it is after a trap in such code, and
 * the same again in each run. A loop whose rounds are known has some of them paid before the first.
 *
 * A start function doesn't run at instantiation, where nothing could suspend: it becomes the export named here,
 * which the host calls before any other.
 */
export const fuelContract = {
  module: 'fleet:fuel',
  left: 'fleet:left',
  stack: 'fleet:stack',
  out: 'out',
  start: 'fleet:start',
} as const;

/** What a host sets `fleet:left` to so that the guest ends: far enough below zero that it stays there. */
export const ended = -(2n ** 62n);

/** Part of the key of what is cached: a new number whenever the same module would come out with other bytes. */
export const rewriterVersion = 13;
