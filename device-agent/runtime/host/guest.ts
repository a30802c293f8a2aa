/** One run of a prepared module on the thread it shares with others. */
import { ended, fuelContract } from '../../../artifact/fuel/contract.ts';
import type { Clock } from '../../../platform/ports.ts';
import type { Traits } from '../prepare/prepared-store.ts';
import type { RunEnd } from '../run-end.ts';
import type { Guest as Program } from '../wasi/guest.ts';
import { memoryImport } from '../wasi/imported-memory.ts';
import { preview1, type SystemCall, type SystemCalls, suspending } from '../wasi/preview1.ts';
import type { GuestWorld, Leave } from '../wasi/world.ts';
import type { FuelMeter } from './fuel-meter.ts';
import type { LeftMemories } from './left-memories.ts';
import { endOf, wasmStack } from './thrown-end.ts';
import type { Queue, Turns } from './turns.ts';

/** What a system call costs, in fuel. */
const callFuel = 500n;
/** Of the 984 KiB that the engine gives a suspendable stack: room for the largest frame and the host's own is left. */
const stackBytes = 640 * 1024;

/** With less than this part of its memory left, a program that trapped ran out of it. */
const spareMemory = 1 / 16;

/** How a run with no end of its own is told: `_initialize` returned and its instance stays. */
export type GuestEnd = RunEnd | { readonly kind: 'resident' };

/** What a guest is run with. */
export interface GuestOptions {
  readonly name: string;
  readonly module: WebAssembly.Module;
  /** The memory it imports as env.memory. */
  readonly memory?: Traits['importedMemory'];
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

type Entry = (...values: never[]) => unknown;

/** A module that runs: it gives way when its slice is over or it waits, and ends when it is told to, whatever it does. */
export class Guest {
  readonly #options: GuestOptions;
  readonly #abandon: () => void;
  readonly #left = new WebAssembly.Global<bigint>({ value: 'i64', mutable: true }, 0n);
  readonly #stack = new WebAssembly.Global<number>({ value: 'i32', mutable: true }, stackBytes);
  readonly #calls: SystemCalls;
  readonly #program: Program;
  #memory: WebAssembly.Memory | undefined;
  #bytesAtEnd = 0;
  #memoryAtStart = 0;
  #exports: WebAssembly.Exports = {};
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

  constructor(world: Omit<GuestWorld, 'leave'>, options: GuestOptions) {
    this.#options = options;
    this.#abandon = world.abandon ?? (() => {});
    // A guest that calls proc_exit ends by a trap when it is back: it could catch what is thrown.
    const leave: Leave = ({ exitCode }) => this.#decide({ kind: 'exited', exitCode });
    const { imports, guest } = preview1({ ...world, leave }, WebAssembly.Module.imports(options.module));
    this.#calls = imports;
    this.#program = guest;
  }

  /** Runs until it ends by itself or is stopped; undefined when it was stopped. */
  async run(): Promise<GuestEnd | undefined> {
    let end: GuestEnd;
    try {
      await this.#turn('woken');
      await this.#start();
      end = this.#exports._start === undefined ? { kind: 'resident' } : { kind: 'exited', exitCode: 0 };
    } catch (error) {
      end = this.#withMemory(endOf(error, this.#exports, this.#imported()));
    }
    this.#leave();
    const last = this.#isDecided ? this.#end : end;
    if (last?.kind !== 'exited' && last?.kind !== 'resident') this.#abandon();
    this.#isResident = end.kind === 'resident';
    if (!this.#isResident) {
      this.#program.close();
      this.#leaveMemory();
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
    this.#program.close();
  }

  /** Bytes of its linear memory, which never shrinks: now, or at its end. */
  memoryBytes(): number {
    return this.#memory?.buffer.byteLength ?? this.#bytesAtEnd;
  }

  /** Fuel it has spent so far. */
  fuelSpent(): number {
    return this.#spentAtEnd ?? this.#options.meter.spent(this.#fuelLeft());
  }

  #leaveMemory(): void {
    const { memory: shape, memories } = this.#options;
    const memory = this.#memory;
    // Its instance goes too: nothing of it runs any more.
    this.#bytesAtEnd = this.memoryBytes();
    this.#memory = undefined;
    this.#exports = {};
    if (shape !== undefined && memory !== undefined && !this.#wasInterrupted) memories.leave(memory, shape);
  }

  /** A program that grew and trapped with hardly any memory left has run out of it. */
  #withMemory(end: RunEnd): RunEnd {
    const max = this.#options.memoryBytesMax;
    const bytes = this.memoryBytes();
    if (end.kind !== 'trapped' || bytes === this.#memoryAtStart || bytes < max * (1 - spareMemory)) return end;
    return { ...end, message: `out of memory, at its limit of ${max / 2 ** 20} MiB: ${end.message}` };
  }

  /** Functions that the module imports, but for the meter's. */
  #imported(): number {
    return WebAssembly.Module.imports(this.#options.module).filter(({ kind }) => kind === 'function').length - 1;
  }

  async #start(): Promise<void> {
    const { module, memory: asked, onStarted } = this.#options;
    if (this.#isDecided) return;
    onStarted();
    const first = this.#options.meter.grant(0, this.#options.clock.monotonic());
    if (first.kind === 'slice') this.#left.value = BigInt(first.left);
    const memory = asked && this.#options.memories.take(asked);
    const imports = {
      ...this.#systemCalls(),
      [fuelContract.module]: this.#fuelImports(),
      ...(memory === undefined ? {} : { [memoryImport.module]: { [memoryImport.name]: memory } }),
    };
    const { exports } = new WebAssembly.Instance(module, imports);
    this.#exports = exports;
    this.#memory = memory ?? (exports.memory as WebAssembly.Memory);
    this.#memoryAtStart = this.memoryBytes();
    this.#program.memory.attach(this.#memory);
    for (const name of [fuelContract.start, exports._start === undefined ? '_initialize' : '_start']) {
      const entry = exports[name] as Entry | undefined;
      this.#stack.value = stackBytes;
      if (entry !== undefined) await WebAssembly.promising(entry)();
    }
  }

  /** The system calls, charged for. */
  #systemCalls(): WebAssembly.Imports {
    const wrap = ([name, call]: [string, SystemCall]): [string, unknown] => [
      name,
      suspending.has(name) ? new WebAssembly.Suspending(this.#waiting(call)) : this.#charged(call),
    ];
    return Object.fromEntries(
      Object.entries(this.#calls).map(([module, calls]) => [
        module,
        Object.fromEntries(Object.entries(calls).map(wrap)),
      ]),
    );
  }

  #charged(call: SystemCall): Entry {
    return (...values) => {
      this.#charge();
      return this.#isDecided ? 0 : call(...values);
    };
  }

  #waiting(call: SystemCall): Entry {
    return (...values) => {
      this.#charge();
      const answer = this.#isDecided ? 0 : call(...values);
      return answer instanceof Promise ? this.#whenItsTurn(answer) : answer;
    };
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
    if (this.#stack.value < 0) {
      this.#decide({
        kind: 'trapped',
        message: 'trap: stack overflow',
        stack: wasmStack(new Error(), this.#imported()),
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
