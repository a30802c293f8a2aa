/** One run of a module on the thread it shares with others. */
import type { Clock } from '../../../platform/ports.ts';
import { preview1, suspendingCalls, wasiModule } from '../wasi/preview1.ts';
import type { GuestWorld, SystemCall } from '../wasi/world.ts';
import type { FuelMeter } from './fuel-meter.ts';
import { fuelModule, refusalOf } from './refusal.ts';
import { endOf, type RunEnd } from '../run-end.ts';
import type { Queue, Turns } from './turns.ts';

/** A start function runs before anything can be suspended: it gets this much and no more. */
const startFuel = 20_000_000;
/** What a system call costs, in fuel; charged for this many calls at a time. */
const callFuel = 500;
const callsPerCharge = 16;
/** Far below zero: what is injected asks at its next charge, however much the guest was still to have. */
const nothingLeft = -(2n ** 62n);

/** How a run with no end of its own is told: `_initialize` returned and its instance stays. */
export type GuestEnd = RunEnd | { readonly kind: 'resident' };

/** Thrown through a guest whose end is decided; whatever catches it meets it again at its next charge or call. */
class Ended extends Error {
  readonly end: RunEnd | undefined;
  constructor(end: RunEnd | undefined) {
    super('the guest has ended');
    this.end = end;
  }
}

/** What a guest is run with. */
export interface GuestOptions {
  readonly name: string;
  readonly module: WebAssembly.Module;
  readonly meter: FuelMeter;
  readonly turns: Turns;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** Called right before its first instruction. */
  readonly onStarted: () => void;
}

type Entry = (...values: never[]) => unknown;

/** A module that runs: it gives way when its slice is over or it waits, and ends when it is told to, whatever it does. */
export class Guest {
  readonly #options: GuestOptions;
  readonly #left = new WebAssembly.Global<bigint>({ value: 'i64', mutable: true }, 0n);
  readonly #calls: Readonly<Record<string, SystemCall>>;
  readonly #attach: (memory: WebAssembly.Memory) => void;
  #memory: WebAssembly.Memory | undefined;
  #exports: WebAssembly.Exports = {};
  #callsUncharged = 0;
  #turnBeganMs = 0;
  #turnBeganLeft = 0;
  #isStarting = false;
  /** Set once its end is decided; `undefined` inside when it was stopped from outside. */
  #ended: Ended | undefined;
  /** What it had spent when its end was decided. */
  #spentAtEnd: number | undefined;
  /** Ends what it waits for. */
  #interrupt: (() => void) | undefined;

  /** `world` is asked to wait by promises; what it does in a call is charged as that call. */
  constructor(world: GuestWorld, options: GuestOptions) {
    this.#options = options;
    const { calls, memory } = preview1(world);
    this.#calls = calls;
    this.#attach = (linear) => memory.attach(linear);
  }

  /** Runs until it ends by itself or is stopped; undefined when it was stopped. */
  async run(): Promise<GuestEnd | undefined> {
    let end: GuestEnd | undefined;
    try {
      await this.#turn('woken');
      await this.#start();
      end = this.#exports._start === undefined ? { kind: 'resident' } : { kind: 'exited', exitCode: 0 };
    } catch (error) {
      end = error instanceof Ended ? error.end : endOf(error, this.#exports);
    }
    this.#leave();
    // Its end was decided before: what it made of it does not count.
    return this.#ended === undefined ? end : this.#ended.end;
  }

  /** Ends it from outside, wherever it is. */
  stop(): void {
    this.#end(undefined);
    this.#interrupt?.();
  }

  /** Bytes of its linear memory now. */
  memoryBytes(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** Fuel it has spent so far. */
  fuelSpent(): number {
    return this.#spentAtEnd ?? this.#options.meter.spent(this.#fuelLeft());
  }

  async #start(): Promise<void> {
    const { module, meter, onStarted } = this.#options;
    const refusal = refusalOf(module, this.#calls);
    if (refusal !== undefined) throw this.#end({ kind: 'refused', message: refusal });
    onStarted();
    this.#left.value = BigInt(meter.advance(startFuel));
    this.#isStarting = true;
    const imports = { [wasiModule]: this.#systemCalls(), [fuelModule]: this.#fuelImports() };
    const { exports } = new WebAssembly.Instance(module, imports);
    this.#isStarting = false;
    this.#exports = exports;
    // A start function ran before its memory could be known to the system calls; they answered EFAULT.
    this.#memory = exports.memory as WebAssembly.Memory;
    this.#attach(this.#memory);
    const entry = (exports._start ?? exports._initialize) as Entry;
    await WebAssembly.promising(entry)();
  }

  #systemCalls(): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(this.#calls).map(([name, call]) => [
        name,
        suspendingCalls.has(name) ? new WebAssembly.Suspending(this.#waiting(call)) : this.#charged(call),
      ]),
    );
  }

  #charged(call: SystemCall): SystemCall {
    return (...values) => {
      this.#charge();
      return this.#exit(() => call(...values));
    };
  }

  #waiting(call: SystemCall): Entry {
    return (...values) => {
      this.#charge();
      const answer = this.#exit(() => call(...values));
      return answer instanceof Promise ? this.#whenItsTurn(answer) : answer;
    };
  }

  /** A guest that calls proc_exit has ended, even if it catches what unwinds it. */
  #exit<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw this.#end(endOf(error, this.#exports));
    }
  }

  #charge(): void {
    if (this.#ended !== undefined) throw this.#ended;
    this.#callsUncharged += 1;
    if (this.#callsUncharged < callsPerCharge) return;
    this.#callsUncharged = 0;
    this.#left.value -= BigInt(callFuel * callsPerCharge);
  }

  #fuelImports(): Record<string, unknown> {
    return { left: this.#left, out: new WebAssembly.Suspending(() => this.#out()) };
  }

  /** The guest has spent its slice: it goes on in a later turn, or never. */
  #out(): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#isStarting) {
      throw this.#end({ kind: 'refused', message: `its start function needs more than ${startFuel} of fuel` });
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
        throw this.#end({ kind: 'exhausted', message: `it used up its fuel of ${this.fuelSpent()}` });
      default:
        throw new Error(grant satisfies never);
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(delayMs, resolve);
      this.#interrupt = () => {
        timer[Symbol.dispose]();
        reject(this.#ended);
      };
    });
  }

  /** Waits for `answer`, then for its turn. */
  #whenItsTurn<T>(answer: Promise<T>): Promise<T> {
    this.#leave();
    return new Promise<T>((resolve, reject) => {
      this.#interrupt = () => this.#turn('woken').then(undefined, reject);
      const proceed = (settle: () => void): void => {
        if (this.#ended === undefined) this.#turn('woken').then(settle, reject);
      };
      answer.then(
        (value) => proceed(() => resolve(value)),
        (error) => proceed(() => reject(error)),
      );
    });
  }

  /** Resolves when it is this guest's turn; rejects then, if its end was decided meanwhile. */
  #turn(queue: Queue): Promise<void> {
    this.#interrupt = undefined;
    const { turns, name, clock } = this.#options;
    return new Promise((resolve, reject) => {
      turns.enqueue(name, queue, () => {
        this.#turnBeganMs = clock.monotonic();
        this.#turnBeganLeft = this.#fuelLeft();
        if (this.#ended === undefined) resolve();
        else reject(this.#ended);
      });
    });
  }

  #leave(): void {
    const { meter, turns, clock } = this.#options;
    turns.leave();
    meter.ran(this.#turnBeganLeft - this.#fuelLeft(), clock.monotonic() - this.#turnBeganMs);
  }

  #end(end: RunEnd | undefined): Ended {
    this.#spentAtEnd ??= this.fuelSpent();
    this.#ended ??= new Ended(end);
    this.#left.value = nothingLeft;
    return this.#ended;
  }

  #fuelLeft(): number {
    return Number(this.#left.value);
  }
}
