/** One run of a prepared module on the thread it shares with others. */
import { ended, fuelContract } from '../../../artifact/fuel/contract.ts';
import type { Clock } from '../../../platform/ports.ts';
import type { RunEnd } from '../run-end.ts';
import { type SystemCall, suspending } from '../wasi/preview1.ts';
import type { GuestWorld, Leave } from '../wasi/world.ts';
import type { CompiledApplication } from './compiled-modules.ts';
import type { FuelMeter } from './fuel-meter.ts';
import { type Entry, entriesOf, GuestInstances } from './guest-instances.ts';
import type { LeftMemories } from './left-memories.ts';
import type { Linkage } from './links/linkage.ts';
import { endOf, importedFunctions, wasmStack, withMemory } from './thrown-end.ts';
import { type Queue, sliceMs, type Turns } from './turns.ts';

/** What a system call costs, in fuel. */
const callFuel = 500n;
/** Of the 984 KiB that the engine gives a suspendable stack: room for the largest frame and the host's own is left. */
const stackBytes = 640 * 1024;
/** What a module that takes another one's place may spend before it does; its neighbours wait meanwhile. */
const successionFuel = 10_000_000n;
/** How long that may take; calls cost little fuel and may cost time. */
const successionMs = 100;

/** How a run with no end of its own is told: `_initialize` returned and its instance stays. */
export type GuestEnd = RunEnd | { readonly kind: 'resident' };

/** What a guest is run with. */
export interface GuestOptions {
  readonly name: string;
  readonly compiled: CompiledApplication;
  /** Where its memory comes from and goes to. */
  readonly memories: LeftMemories;
  /** What its memory may grow to. */
  readonly memoryBytesMax: number;
  readonly meter: FuelMeter;
  readonly turns: Turns;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** Called right before its first instruction. */
  readonly onStarted: () => void;
}

/** A module that runs: it gives way when its slice is over or it waits, and ends when it is told to, whatever it does. */
export class Guest {
  readonly #options: GuestOptions;
  readonly #abandon: () => void;
  readonly #left = new WebAssembly.Global<bigint>({ value: 'i64', mutable: true }, 0n);
  readonly #stack = new WebAssembly.Global<number>({ value: 'i32', mutable: true }, stackBytes);
  readonly #instances: GuestInstances;
  #memoryAtStart = 0;
  #turnBeganMs = 0;
  #turnBeganLeft = 0;
  #isResident = false;
  #isDecided = false;
  /** Once it is decided; undefined then where it was stopped from outside. */
  #end: RunEnd | undefined;
  /** What it had spent when its end was decided. */
  #spentAtEnd: number | undefined;
  /** Cuts short what it waits for. */
  #interrupt: (() => void) | undefined;
  /** Whether something it waited for goes on without it, and may still write to its memory. */
  #wasInterrupted = false;
  /** Whether what runs is a successor that nobody calls yet: it may not wait, and its end is its own. */
  #isSucceeding = false;

  constructor(world: Omit<GuestWorld, 'leave'>, options: GuestOptions) {
    this.#options = options;
    this.#abandon = world.abandon ?? (() => {});
    // A guest that calls proc_exit ends by a trap when it is back: it could catch what is thrown.
    const leave: Leave = ({ exitCode }) =>
      this.#isSucceeding ? this.#endSuccessor() : this.#decide({ kind: 'exited', exitCode });
    this.#instances = new GuestInstances({
      world: { ...world, leave, giveWay: () => this.#giveWay() },
      memories: options.memories,
      fuel: () => this.#fuelImports(),
      wrap: (name, call) =>
        suspending.has(name) ? new WebAssembly.Suspending(this.#waiting(call)) : this.#charged(call),
    });
  }

  /** Runs until it ends by itself or is stopped; undefined when it was stopped. */
  async run(): Promise<GuestEnd | undefined> {
    let end: GuestEnd;
    try {
      await this.#turn('woken');
      await this.#start();
      end = this.#instances.exports._start === undefined ? { kind: 'resident' } : { kind: 'exited', exitCode: 0 };
    } catch (error) {
      const memory = { ...this.#options, bytes: this.memoryBytes(), bytesAtStart: this.#memoryAtStart };
      end = withMemory(endOf(error, this.#instances.exports, importedFunctions(this.#options.compiled)), memory);
    }
    this.#leave();
    const last = this.#isDecided ? this.#end : end;
    if (last?.kind !== 'exited' && last?.kind !== 'resident') this.#abandon();
    this.#isResident = end.kind === 'resident';
    if (!this.#isResident) {
      this.#instances.close();
      this.#instances.leave(!this.#wasInterrupted);
    }
    // An end that was decided before shows as a trap.
    return last;
  }

  /** Ends it from outside, wherever it is. */
  stop(): void {
    this.#decide(undefined);
    this.#wasInterrupted ||= this.#interrupt !== undefined;
    this.#interrupt?.();
    if (!this.#isResident) return;
    this.#abandon();
    this.#instances.close();
  }

  /**
   * Puts the modules of `next` in the place of those that are linked to it; false where that takes a new start. They are
   * started first, in a turn of their own.
   */
  relink(next: Linkage): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#options.turns.enqueue(this.#options.name, 'woken', () => resolve(this.#succeed(next)));
    return promise;
  }

  /** Bytes of its linear memories, which never shrink: now, or at its end. */
  memoryBytes(): number {
    return this.#instances.memoryBytes();
  }

  /** Fuel it has spent so far. */
  fuelSpent(): number {
    return this.#spentAtEnd ?? this.#options.meter.spent(this.#fuelLeft());
  }

  async #start(): Promise<void> {
    const { compiled, onStarted } = this.#options;
    if (this.#isDecided) return;
    onStarted();
    const first = this.#options.meter.grant(0, this.#options.clock.monotonic());
    if (first.kind === 'slice') this.#left.value = BigInt(first.left);
    const entries = this.#instances.make(compiled);
    this.#memoryAtStart = this.memoryBytes();
    for (const entry of entries) await this.#call(entry);
  }

  #call(entry: Entry): Promise<unknown> {
    this.#stack.value = stackBytes;
    return WebAssembly.promising(entry)();
  }

  /** Whatever the successors do when they are started, it is over before another turn begins: none of it may wait. */
  async #succeed(next: Linkage): Promise<boolean> {
    const { turns, meter } = this.#options;
    const [left, stack] = [this.#left.value, this.#stack.value];
    try {
      const successors = this.#isDecided ? undefined : this.#instances.successors(next);
      if (successors === undefined) return false;
      this.#isSucceeding = true;
      this.#turnBeganMs = this.#options.clock.monotonic();
      this.#left.value = successionFuel;
      for (const { exports } of successors.values()) for (const entry of entriesOf(exports)) await this.#call(entry);
      if (!this.#isDecided) this.#instances.succeed(next, successors);
      return !this.#isDecided;
    } catch (error) {
      if (error instanceof WebAssembly.LinkError || this.#isSucceeding) return false;
      throw error;
    } finally {
      if (this.#isSucceeding && !this.#isDecided) {
        meter.lend(Number(successionFuel - (this.#left.value < 0n ? 0n : this.#left.value)));
        [this.#left.value, this.#stack.value] = [left, stack];
      }
      this.#isSucceeding = false;
      turns.leave();
    }
  }

  /** Nobody resumes a successor: it ends where it would wait. */
  #endSuccessor(): undefined {
    this.#left.value = ended;
  }

  #charged(call: SystemCall): Entry {
    return (...values) => {
      this.#charge();
      const answer = this.#isDecided ? 0 : call(...values);
      this.#endTurnIfOver();
      return answer;
    };
  }

  #waiting(call: SystemCall): Entry {
    return (...values) => {
      this.#charge();
      const answer = this.#isDecided ? 0 : call(...values);
      if (!(answer instanceof Promise)) {
        this.#endTurnIfOver();
        return answer;
      }
      return this.#isSucceeding ? this.#endSuccessor() : this.#whenItsTurn(answer);
    };
  }

  #isTurnOver(): boolean {
    return this.#options.clock.monotonic() - this.#turnBeganMs >= (this.#isSucceeding ? successionMs : sliceMs);
  }

  /** Calls cost little fuel and may cost time: whoever's turn is over after one gives way at the next look at its fuel. */
  #endTurnIfOver(): void {
    if (this.#isDecided || !this.#isTurnOver()) return;
    if (this.#isSucceeding) return this.#endSuccessor();
    const left = this.#fuelLeft();
    this.#options.meter.takeBack(left);
    this.#turnBeganLeft -= left;
    this.#left.value = 0n;
  }

  /** Gives way amid a call that takes long; of one whose end is decided, nothing goes on. */
  #giveWay(): Promise<void> | undefined {
    if (this.#isDecided) return new Promise(() => {});
    if (!this.#isTurnOver()) return undefined;
    const { turns, name, clock } = this.#options;
    turns.leave();
    return new Promise((resolve) => {
      turns.enqueue(name, 'preempted', () => {
        this.#turnBeganMs = clock.monotonic();
        resolve();
      });
    });
  }

  /** Never below zero, where the guest would come back to its end: what a call costs more than is left is lent. */
  #charge(): void {
    if (this.#isDecided) return;
    const left = this.#left.value - callFuel;
    if (left < 0n) this.#options.meter.lend(Number(-left));
    this.#left.value = left < 0n ? 0n : left;
  }

  #fuelImports(): Record<string, unknown> {
    return {
      [fuelContract.left]: this.#left,
      [fuelContract.stack]: this.#stack,
      [fuelContract.out]: new WebAssembly.Suspending(() => this.#out()),
    };
  }

  /** The guest has spent its slice: it goes on in a later turn, or comes back to its end. */
  #out(): Promise<void> | undefined {
    if (this.#isDecided) return undefined;
    if (this.#isSucceeding) return this.#endSuccessor();
    if (this.#stack.value < 0) {
      this.#decide({
        kind: 'trapped',
        message: 'trap: stack overflow',
        stack: wasmStack(new Error(), importedFunctions(this.#options.compiled)),
      });
      return undefined;
    }
    const { meter, clock } = this.#options;
    this.#leave();
    const grant = meter.grant(this.#fuelLeft(), clock.monotonic());
    switch (grant.kind) {
      case 'slice':
        this.#left.value = BigInt(grant.left);
        return this.#turn('preempted');
      case 'wait':
        return this.#pause(grant.delayMs).then(() => this.#out());
      case 'spent':
        this.#decide({ kind: 'exhausted', message: `it used up its fuel of ${this.fuelSpent()}` });
        return undefined;
      default:
        throw new Error(grant satisfies never);
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(delayMs, resolve);
      this.#interrupt = () => {
        timer[Symbol.dispose]();
        resolve();
      };
    });
  }

  /** Waits for `answer`, then for its turn; stopped, for its turn only. */
  #whenItsTurn<T>(answer: Promise<T>): Promise<T | number> {
    this.#leave();
    const { promise, resolve, reject } = Promise.withResolvers<T | number>();
    let isOver = false;
    const proceed = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      void this.#turn('woken').then(settle);
    };
    this.#interrupt = () => proceed(() => resolve(0));
    answer.then(
      (value) => proceed(() => resolve(value)),
      (error) => proceed(() => reject(error)),
    );
    return promise;
  }

  /** Resolves when it is this guest's turn. */
  #turn(queue: Queue): Promise<void> {
    this.#interrupt = undefined;
    const { turns, name, clock } = this.#options;
    return new Promise((resolve) => {
      turns.enqueue(name, queue, () => {
        this.#turnBeganMs = clock.monotonic();
        this.#turnBeganLeft = this.#fuelLeft();
        resolve();
      });
    });
  }

  #leave(): void {
    const { meter, turns, clock } = this.#options;
    turns.leave();
    if (!this.#isDecided) meter.ran(this.#turnBeganLeft - this.#fuelLeft(), clock.monotonic() - this.#turnBeganMs);
  }

  #decide(end: RunEnd | undefined): undefined {
    if (this.#isDecided) return;
    this.#spentAtEnd = this.fuelSpent();
    this.#isDecided = true;
    this.#end = end;
    this.#left.value = ended;
  }

  #fuelLeft(): number {
    return Number(this.#left.value);
  }
}
