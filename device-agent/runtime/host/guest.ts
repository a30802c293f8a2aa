/** One run of a prepared module on the thread it shares with others. */
import { bulkBytesLog2 } from '../../../artifact/fuel/limits.ts';
import type { RunEnd } from '../run-end.ts';
import type { Guest as Program } from '../wasi/guest.ts';
import { answerOf, type SystemCall } from '../wasi/preview1.ts';
import type { GuestWorld } from '../wasi/world.ts';
import type { CompiledApplication } from './compiled-modules.ts';
import { Counters } from './counters.ts';
import { type Entry, entriesOf, GuestInstances, type MadeInstances } from './guest-instances.ts';
import type { GuestThread } from './guest-thread.ts';
import { GuestTurns, type TurnTerms } from './guest-turns.ts';
import type { Linkage } from './links/linkage.ts';
import { atMemoryLimit, endOf, importedFunctions, wasmStack } from './thrown-end.ts';
import type { Caller } from './turn-holder.ts';

/** What a system call costs, in fuel, besides the bytes that it moves. */
const callFuel = 500;
/** What a module that takes another one's place may spend before it does; its neighbours wait meanwhile. */
const successionFuel = 10_000_000;
/** How long that may take: calls cost little fuel and may cost time. */
const successionMs = 100;

/** How a run with no end of its own is told: `_initialize` returned and its instance stays. */
export type GuestEnd = RunEnd | { readonly kind: 'resident' };

/** What a guest is run with. */
export interface GuestOptions extends TurnTerms {
  readonly compiled: CompiledApplication;
  readonly thread: GuestThread;
  /** What its memory may grow to. */
  readonly memoryBytesMax: number;
  /** Called when it has its first turn, right before its instances are made. */
  readonly onStarted: () => void;
}

/** A guest whose instances are made; nothing runs in them. */
export interface MadeGuest extends MadeInstances {
  /** Calls a function of it, metered and in its turn, whatever that waits for; rejects where it traps or its end is decided. */
  readonly call: (entry: Entry, ...values: readonly (number | bigint)[]) => Promise<unknown>;
  /** Others have their turn where this one's is over: for what is done with it while nothing runs in it. */
  readonly giveWay: () => Promise<void> | undefined;
  /** Waits for something outside of its turn; rejects where its end is decided meanwhile. */
  readonly during: <T>(work: Promise<T>) => Promise<T>;
}

/** Ends of a run that did not come to its own. */
const cutShort: ReadonlySet<string> = new Set(['trapped', 'refused', 'exhausted'] satisfies RunEnd['kind'][]);

/** What is done with a guest, one call after the other; what it answers is the guest's end. */
export type GuestWork<End> = (made: MadeGuest) => Promise<End>;

/** What a module does by itself. */
export const runByItself: GuestWork<GuestEnd> = async ({ instance, entries, call }) => {
  for (const entry of entries) await call(entry);
  return instance.exports._start === undefined ? { kind: 'resident' } : { kind: 'exited', exitCode: 0 };
};

/** A module that runs: it gives way when its slice is over or it waits, and ends when it is told to, whatever it does. */
export class Guest implements Caller {
  readonly #options: GuestOptions;
  readonly #abandon: () => void;
  readonly #counters = new Counters();
  readonly #turns: GuestTurns;
  readonly #instances: GuestInstances;
  #made: MadeGuest | undefined;
  #isResident = false;
  #isDecided = false;
  /** Once it is decided; undefined then where it was stopped from outside. */
  #end: RunEnd | undefined;
  /** What it had spent when its end was decided. */
  #spentAtEnd: number | undefined;
  /** Whether it was refused memory since it is worked with. */
  #wasRefusedMemory = false;
  /** Whether what runs is a successor that nobody calls yet: it may not wait, and its end is its own. */
  #isSucceeding = false;

  constructor(world: Omit<GuestWorld, 'leave'>, options: GuestOptions) {
    this.#options = options;
    this.#abandon = world.abandon ?? (() => {});
    this.#turns = new GuestTurns(options, this.#counters, this);
    const leave = (exitCode: number): undefined =>
      this.#isSucceeding ? this.#counters.end() : this.#decide({ kind: 'exited', exitCode });
    this.#instances = new GuestInstances({ ...world, leave, giveWay: () => this.#giveWay() }, options.thread);
  }

  /**
   * Runs until it ends by itself or is stopped; undefined when it was stopped. What ended as `resident` stays, and is worked with
   * again: with all the fuel that a run may spend.
   */
  async work<End extends { readonly kind: string }>(work: GuestWork<End>): Promise<End | RunEnd | undefined> {
    let end: End | RunEnd | undefined;
    this.#isResident = false;
    this.#wasRefusedMemory = false;
    try {
      await this.#turns.take('woken');
      if (!this.#isDecided) end = await work(this.#begin());
    } catch (error) {
      const { compiled, memoryBytesMax } = this.#options;
      const thrown = endOf(error, this.#instances.exports, importedFunctions(compiled));
      const isOutOfMemory = this.#wasRefusedMemory && this.#instances.areBounded;
      end = isOutOfMemory ? atMemoryLimit(thrown, memoryBytesMax) : thrown;
    }
    this.#turns.leave();
    const last = this.#isDecided ? this.#end : end;
    if (last === undefined || cutShort.has(last.kind)) this.#abandon();
    this.#isResident = end?.kind === 'resident' && !this.#isDecided;
    if (!this.#isResident) {
      await this.#instances.close();
      this.#counters.detach();
      this.#instances.leave(!this.#turns.wasInterrupted);
      this.#made = undefined;
    }
    // An end that was decided before shows as a trap.
    return last;
  }

  /** Ends it from outside, wherever it is. */
  stop(): void {
    this.#decide(undefined);
    this.#turns.interrupt();
    if (!this.#isResident) return;
    this.#abandon();
    void this.#instances.close();
  }

  /**
   * Puts the modules of `next` in the place of those that are linked to it; false where that takes a new start. They are
   * started first, in a turn of their own.
   */
  relink(next: Linkage): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#options.thread.turns.enqueue(this.#options.name, 'woken', () => resolve(this.#succeed(next)));
    return promise;
  }

  /** Bytes of its linear memories, which never shrink: now, or at its end. */
  memoryBytes(): number {
    return this.#instances.memoryBytes();
  }

  /** Fuel it has spent so far. */
  fuelSpent(): number {
    return this.#spentAtEnd ?? this.#options.meter.spent(this.#counters.fuel);
  }

  #begin(): MadeGuest {
    if (this.#made === undefined) this.#made = this.#make();
    else this.#options.meter.begin(this.#counters.fuel);
    return this.#made;
  }

  #make(): MadeGuest {
    const { compiled, onStarted, meter, clock } = this.#options;
    onStarted();
    const first = meter.grant(0, clock.monotonic());
    if (first.kind === 'slice') this.#counters.fuel = first.left;
    const made = this.#instances.make(compiled);
    this.#counters.attach(made.instance.exports);
    const giveWay = () => (this.#turns.isOver ? this.#turns.giveWay() : undefined);
    const during = <T>(work: Promise<T>) => this.#during(work);
    return { ...made, giveWay, during, call: (entry, ...values) => this.#call(entry, ...values) };
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    const done = await this.#turns.during(work.then((value) => ({ value })));
    if (typeof done === 'number') throw new Error('its end was decided meanwhile');
    return done.value;
  }

  #call(entry: Entry, ...values: readonly (number | bigint)[]): Promise<unknown> {
    this.#counters.fillStack();
    return WebAssembly.promising(entry)(...(values as never[]));
  }

  /** Whatever the successors do when they are started, it is over before another turn begins: none of it may wait. */
  async #succeed(next: Linkage): Promise<boolean> {
    const { meter } = this.#options;
    this.#turns.begin(successionMs);
    const before = this.#counters.save();
    try {
      const successors = this.#isDecided ? undefined : this.#instances.successors(next);
      if (successors === undefined) return false;
      this.#isSucceeding = true;
      this.#counters.fuel = successionFuel;
      for (const { exports } of successors.values()) for (const entry of entriesOf(exports)) await this.#call(entry);
      if (!this.#isDecided) this.#instances.succeed(next, successors);
      return !this.#isDecided;
    } catch (error) {
      if (error instanceof WebAssembly.LinkError || this.#isSucceeding) return false;
      throw error;
    } finally {
      if (this.#isSucceeding && !this.#isDecided) {
        meter.lend(successionFuel - Math.max(0, this.#counters.fuel));
        this.#counters.putBack(before);
      }
      this.#isSucceeding = false;
      this.#turns.leave();
    }
  }

  /** Called by its instances. */
  systemCall(call: SystemCall, by: Program | undefined, values: readonly never[]): unknown {
    this.#charge(callFuel);
    if (this.#isDecided) return 0;
    const program = by ?? this.#instances.program;
    const answer = answerOf(call, program, values);
    if (!(answer instanceof Promise)) {
      this.#chargeMoved(program);
      this.#endTurnIfOver();
      return answer;
    }
    // Nobody resumes a successor: it ends where it would wait.
    if (this.#isSucceeding) return this.#counters.end();
    return this.#turns.during(answer).then((number) => {
      this.#chargeMoved(program);
      return number;
    });
  }

  /** A call costs little fuel and may cost time: whose turn is over after one goes no further than to the next look at its fuel. */
  #endTurnIfOver(): void {
    if (this.#isDecided || !this.#turns.isOver) return;
    if (this.#isSucceeding) this.#counters.end();
    else this.#turns.cutShort();
  }

  /** Gives way amid a call that takes long; of one that is to end, nothing goes on. */
  #giveWay(): Promise<void> | undefined {
    if (this.#isDecided) return new Promise(() => {});
    if (!this.#turns.isOver) return undefined;
    return this.#isSucceeding ? new Promise(() => {}) : this.#turns.giveWay();
  }

  /** Bytes that the host moves cost what those do that the guest moves itself in bulk. */
  #chargeMoved(program: Program): void {
    // A call may move more bytes than a shift takes.
    this.#charge(Math.floor(program.takeMoved() / 2 ** bulkBytesLog2));
  }

  /** Never below zero, where the guest would come back to its end: what a call costs more than is left is lent, as far as its run may go. */
  #charge(fuel: number): void {
    if (this.#isDecided) return;
    const missing = this.#counters.charge(fuel);
    if (missing === 0) return;
    this.#options.meter.lend(missing);
    if (!this.#isSucceeding && this.#options.meter.isOver) this.#exhaust();
  }

  /** Called by its instances: the guest has spent its slice, goes on in a later turn, or comes back to its end; or it was refused memory. */
  out(): Promise<void> | undefined {
    if (this.#isDecided) return undefined;
    if (!this.#counters.isTooDeep && this.#counters.fuel >= 0) {
      this.#wasRefusedMemory = true;
      return undefined;
    }
    if (this.#isSucceeding) return this.#counters.end();
    if (this.#counters.isTooDeep) {
      const stack = wasmStack(new Error(), importedFunctions(this.#options.compiled));
      return this.#decide({ kind: 'trapped', message: 'trap: stack overflow', stack });
    }
    this.#turns.leave();
    return this.#refill();
  }

  /** Resolves in a turn of its own, with a slice to spend or at its end. */
  #refill(): Promise<void> {
    const { meter, clock } = this.#options;
    const grant = meter.grant(this.#counters.fuel, clock.monotonic());
    switch (grant.kind) {
      case 'slice':
        this.#counters.fuel = grant.left;
        return this.#turns.take('preempted');
      case 'wait':
        return this.#turns
          .pause(grant.delayMs)
          .then(() => (this.#isDecided ? this.#turns.take('woken') : this.#refill()));
      case 'spent':
        this.#exhaust();
        return this.#turns.take('woken');
      default:
        throw new Error(grant satisfies never);
    }
  }

  #exhaust(): undefined {
    const fuel = this.#options.meter.spentOfRun(this.#counters.fuel);
    return this.#decide({ kind: 'exhausted', message: `it used up its fuel of ${fuel}` });
  }

  #decide(end: RunEnd | undefined): undefined {
    if (this.#isDecided) return;
    this.#spentAtEnd = this.fuelSpent();
    this.#isDecided = true;
    this.#end = end;
    this.#counters.end();
  }
}
