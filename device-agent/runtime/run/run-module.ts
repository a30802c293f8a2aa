/** Runs one module as a device would: judged, metered, bounded, a guest in the sandbox of the world it is given. */
import { judgeModule } from '../../../artifact/admission/judge-module.ts';
import type { Verdict } from '../../../artifact/admission/verdict.ts';
import { UncapturableState } from '../../../artifact/snapshot/show-state.ts';
import { decodeSnapshot, encodeSnapshot, SnapshotError } from '../../../artifact/snapshot/snapshot.ts';
import type { Clock } from '../../../platform/ports.ts';
import type { CompiledModule } from '../host/compiled-modules.ts';
import { FuelMeter } from '../host/fuel-meter.ts';
import { Guest, type GuestEnd, type MadeGuest, runByItself } from '../host/guest.ts';
import { GuestThread } from '../host/guest-thread.ts';
import type { Turns } from '../host/turns.ts';
import { rewriteModule } from '../prepare/prepare-module.ts';
import { failureOf } from '../run-end.ts';
import { type Carriable, carriable, QuietInstance } from '../snapshot/quiet-instance.ts';
import type { GuestWorld } from '../wasi/world.ts';
import { InvocationError, valuesOf } from './invocation.ts';
import type { RunEnd, RunRequest } from './request.ts';

const pageBytes = 65_536;
/** It has its thread to itself: what it spends is looked at only now and then. */
const fuelPerSlice = 1e12;
/** So much where a clock is to end it: tens of milliseconds. */
const fuelPerTimedSlice = 50_000_000;

/** What a run needs besides its world. */
export interface ModuleRequest
  extends Pick<RunRequest, 'args' | 'fuelMax' | 'memoryPagesMax' | 'timeLimitMs' | 'invoke'> {
  /** A snapshot to go on from. */
  readonly restore?: Uint8Array;
  /** Whether one is made when the export has returned. */
  readonly isCaptured?: boolean;
}

/** How a module ran and what it took; times in milliseconds. */
export interface ModuleRun {
  readonly end: RunEnd;
  readonly fuel: number;
  readonly peakMemoryBytes: number;
  readonly compileMs: number;
  readonly instantiateMs: number;
  readonly snapshot?: Uint8Array;
}

/** The thread that it has. */
export interface RunThread {
  readonly turns: Turns;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
}

type Refusal = Extract<RunEnd, { kind: 'refused' }>;
type MemoryShortage = Extract<RunEnd, { kind: 'out-of-memory' }>;
type Returned = Extract<RunEnd, { kind: 'returned' }>;

const nothingRan = { fuel: 0, peakMemoryBytes: 0, compileMs: 0, instantiateMs: 0 };

function isCarried({ restore, isCaptured }: ModuleRequest): boolean {
  return restore !== undefined || isCaptured === true;
}

/** Why a module is refused, in one line; undefined when it may run. */
function refusalOf(verdict: Verdict, request: ModuleRequest): string | undefined {
  const found = verdict.kind === 'runs' ? [] : verdict.problems;
  const problems = found.filter(({ code }) => request.invoke === undefined || code !== 'NO_ENTRY');
  if (problems.length > 0) return problems.map(({ message }) => message).join('; ');
  return snapshotRefusal(verdict, request);
}

/** A program that runs from _start to its end has no state between two calls. */
function snapshotRefusal(verdict: Verdict, request: ModuleRequest): string | undefined {
  if (!isCarried(request) || request.invoke !== undefined) return undefined;
  if (verdict.kind === 'runs' && verdict.entry === 'reactor' && request.restore === undefined) return undefined;
  return 'a snapshot is of an instance between two calls: name the export to call (--invoke)';
}

/** A module that may run, compiled; carriable where its state is to be carried. */
interface Ready extends CompiledModule {
  readonly carriable?: Carriable;
}

function makeReady(bytes: Uint8Array, request: ModuleRequest): Ready | Refusal | MemoryShortage {
  const verdict = judgeModule(bytes);
  const message = refusalOf(verdict, request);
  if (message !== undefined) return { kind: 'refused', message };
  const rewritten = rewriteModule(bytes, request.memoryPagesMax, verdict.kind === 'runs' ? verdict.needs : []);
  if (rewritten.kind === 'refused') {
    return { kind: rewritten.code === 'memory-above-limit' ? 'out-of-memory' : 'refused', message: rewritten.message };
  }
  const { module, traits } = rewritten;
  if (!isCarried(request)) return { module: new WebAssembly.Module(module), traits };
  const shown = carriable(bytes, module, request.memoryPagesMax);
  return { module: new WebAssembly.Module(shown.module), traits, carriable: shown };
}

/** What a guest was asked for and can't do; what is no such answer is thrown on. */
function refused(error: unknown): Refusal {
  if (error instanceof UncapturableState) return { kind: 'refused', message: `no snapshot is made: ${error.message}` };
  if (error instanceof SnapshotError)
    return { kind: 'refused', message: `the snapshot does not fit: ${error.message}` };
  if (error instanceof InvocationError) return { kind: 'refused', message: error.message };
  if (error instanceof WebAssembly.CompileError) {
    return { kind: 'refused', message: `it does not compile: ${error.message}` };
  }
  throw error;
}

/** An export of a guest, called with what the request says between the snapshots that it asks for. */
class Call {
  readonly #request: ModuleRequest;
  readonly #values: readonly (number | bigint)[];
  readonly #carriable: Carriable | undefined;
  snapshot: Uint8Array | undefined;

  /** Throws an InvocationError where it can't be called with these values. */
  constructor(bytes: Uint8Array, request: ModuleRequest, carriable: Carriable | undefined) {
    const { invoke, args } = request;
    this.#request = request;
    this.#values = invoke === undefined ? [] : valuesOf(bytes, invoke, args.slice(1));
    this.#carriable = carriable;
  }

  async of(made: MadeGuest, fuelSpent: () => number): Promise<Returned | Refusal> {
    const { instance, program } = made;
    const quiet = this.#carriable && new QuietInstance(instance, this.#carriable, program);
    try {
      const fuelBefore = await this.#begin(made, quiet);
      const results = await this.#invoke(made);
      if (this.#request.isCaptured) this.snapshot = encodeSnapshot(quiet!.snapshot(fuelBefore + fuelSpent()));
      return { kind: 'returned', results: results.map(String) };
    } catch (error) {
      return refused(error);
    }
  }

  /** Fuel that was spent before the state that it goes on from: what goes on has been started already. */
  async #begin({ instance, entries, call }: MadeGuest, quiet: QuietInstance | undefined): Promise<number> {
    const { restore } = this.#request;
    if (restore !== undefined) return quiet!.restore(decodeSnapshot(restore, quiet!.memoryPagesMax));
    const { _start: program } = instance.exports;
    for (const entry of entries) if (entry !== program) await call(entry);
    return 0;
  }

  async #invoke({ instance, call }: MadeGuest): Promise<readonly unknown[]> {
    const { invoke } = this.#request;
    if (invoke === undefined) return [];
    const result = await call(instance.exports[invoke] as () => unknown, ...this.#values);
    return result === undefined ? [] : Array.isArray(result) ? result : [result];
  }
}

/** The end of a guest as `fleet run` tells it. */
function told(end: Exclude<GuestEnd, { kind: 'resident' }> | Returned): RunEnd {
  switch (end.kind) {
    case 'exited':
    case 'returned':
    case 'refused':
      return end;
    case 'exhausted':
      return { kind: 'out-of-fuel' };
    case 'trapped':
      return { kind: end.isOutOfMemory ? 'out-of-memory' : 'trapped', message: failureOf(end)! };
    default:
      throw new Error(end satisfies never);
  }
}

/** The call that is asked for; undefined where the module does what it does by itself. */
function callOf(bytes: Uint8Array, request: ModuleRequest, ready: Ready): Call | undefined {
  const isByItself = request.invoke === undefined && !isCarried(request);
  return isByItself ? undefined : new Call(bytes, request, ready.carriable);
}

/** Runs a compiled module to its end. */
async function runReady(
  ready: Ready,
  { memoryPagesMax, fuelMax, timeLimitMs }: ModuleRequest,
  call: Call | undefined,
  world: Omit<GuestWorld, 'leave'>,
  { turns, clock }: RunThread,
): Promise<Omit<ModuleRun, 'compileMs'>> {
  let [startedMs, madeMs] = [0, 0];
  const terms = {
    fuelPerSlice: timeLimitMs === undefined ? fuelPerSlice : fuelPerTimedSlice,
    ...(fuelMax === undefined ? {} : { fuelPerRun: fuelMax }),
  };
  const guest = new Guest(world, {
    ...{ name: 'program', compiled: ready, clock, thread: new GuestThread(turns) },
    memoryBytesMax: memoryPagesMax * pageBytes,
    meter: new FuelMeter(terms, clock.monotonic()),
    onStarted: () => {
      startedMs = clock.monotonic();
    },
  });
  using _limit = timeLimitMs === undefined ? undefined : clock.after(timeLimitMs, () => guest.stop());
  const end = await guest.work(async (made) => {
    madeMs = clock.monotonic();
    if (call !== undefined) return call.of(made, () => guest.fuelSpent());
    const own = await runByItself(made);
    return own.kind === 'resident' ? ({ kind: 'returned', results: [] } as const) : own;
  });
  const took = { fuel: guest.fuelSpent(), peakMemoryBytes: guest.memoryBytes(), instantiateMs: madeMs - startedMs };
  const snapshot = call?.snapshot;
  return {
    end: end === undefined ? { kind: 'time-limit' } : told(end),
    ...took,
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}

/** Runs a module to its end. */
export async function runModule(
  bytes: Uint8Array,
  request: ModuleRequest,
  world: Omit<GuestWorld, 'leave'>,
  thread: RunThread,
): Promise<ModuleRun> {
  try {
    const beganMs = thread.clock.monotonic();
    const ready = makeReady(bytes, request);
    if ('kind' in ready) return { ...nothingRan, end: ready };
    const compileMs = thread.clock.monotonic() - beganMs;
    const call = callOf(bytes, request, ready);
    return { ...(await runReady(ready, request, call, world, thread)), compileMs };
  } catch (error) {
    return { ...nothingRan, end: refused(error) };
  }
}
