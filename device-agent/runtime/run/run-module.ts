/** Runs one module as a device would: judged, metered, bounded, in the sandbox of the world it is given. */

import { judgeModule } from '../../../artifact/admission/judge-module.ts';
import { admissionLimits } from '../../../artifact/admission/limits.ts';
import type { Verdict } from '../../../artifact/admission/verdict.ts';
import { fuelContract } from '../../../artifact/fuel/contract.ts';
import { FuelError } from '../../../artifact/fuel/error.ts';
import { injectFuel } from '../../../artifact/fuel/inject.ts';
import { UncapturableState } from '../../../artifact/snapshot/show-state.ts';
import { SnapshotError } from '../../../artifact/snapshot/snapshot.ts';
import { WasmError } from '../../../artifact/wasm/error.ts';
import { type Carriable, carriable, QuietInstance } from '../snapshot/quiet-instance.ts';
import { memoryImport } from '../wasi/imported-memory.ts';
import { attachMemory, type Bound, bind } from '../wasi/instance.ts';
import { suspending } from '../wasi/preview1.ts';
import { thrownText } from '../wasi/thrown.ts';
import type { GuestWorld } from '../wasi/world.ts';
import { InvocationError, valuesOf } from './invocation.ts';
import { Meter } from './meter.ts';
import type { RunEnd, RunRequest } from './request.ts';

const { tableElementsMax } = admissionLimits;
/** A program that trapped with less than this part of its memory left has run out of it. */
const exhaustedPart = 1 / 16;
const pageBytes = 65_536;

/** What a run needs besides its world. */
export interface ModuleRequest extends Pick<RunRequest, 'args' | 'fuelMax' | 'memoryPagesMax' | 'invoke'> {
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

const nothingRan = { fuel: 0, peakMemoryBytes: 0, compileMs: 0, instantiateMs: 0 };

/** Why a module is refused, in one line; undefined when it may run. */
function refusal(bytes: Uint8Array, request: ModuleRequest): string | undefined {
  const verdict = judgeModule(bytes);
  const found = verdict.kind === 'runs' ? [] : verdict.problems;
  const problems = found.filter(({ code }) => request.invoke === undefined || code !== 'NO_ENTRY');
  if (problems.length > 0) return problems.map(({ message }) => message).join('; ');
  return snapshotRefusal(verdict, request);
}

function isCarried({ restore, isCaptured }: ModuleRequest): boolean {
  return restore !== undefined || isCaptured === true;
}

/** A program that runs from _start to its end has no state between two calls. */
function snapshotRefusal(verdict: Verdict, request: ModuleRequest): string | undefined {
  if (!isCarried(request) || request.invoke !== undefined) return undefined;
  if (verdict.kind === 'runs' && verdict.entry === 'reactor' && request.restore === undefined) return undefined;
  return 'a snapshot is of an instance between two calls: name the export to call (--invoke)';
}

/** The end of a module that cannot be metered within its limits. */
function unmeterable(error: unknown): RunEnd {
  if (error instanceof UncapturableState) return { kind: 'refused', message: `no snapshot is made: ${error.message}` };
  if (error instanceof FuelError && error.code === 'memory-above-limit') {
    return { kind: 'out-of-memory', message: error.message };
  }
  if (error instanceof FuelError || error instanceof WasmError) return { kind: 'refused', message: error.message };
  throw error;
}

function suspendable(imports: Bound['imports'], meter: Meter): WebAssembly.Imports {
  return Object.fromEntries(
    Object.entries(imports).map(([from, calls]) => [
      from,
      Object.fromEntries(
        Object.entries(calls).map(([name, call]) => [
          name,
          suspending.has(name) ? new WebAssembly.Suspending(meter.charged(call)) : meter.charged(call),
        ]),
      ),
    ]),
  );
}

function memoryBytes(exports: WebAssembly.Exports, others: WebAssembly.Imports): number {
  const shown = [...Object.values(exports), ...Object.values(others).flatMap((one) => Object.values(one))];
  const memories = new Set(shown.filter((value) => value instanceof WebAssembly.Memory));
  return [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

type Export = (...values: (number | bigint)[]) => Promise<unknown>;

/** One instance from its instantiation to its end. */
class Run {
  readonly #bytes: Uint8Array;
  readonly #request: ModuleRequest;
  readonly #meter: Meter;
  readonly #bound: Bound;
  readonly #carriable: Carriable | undefined;
  #exports: WebAssembly.Exports = {};
  instantiateMs = 0;
  snapshot: Uint8Array | undefined;

  constructor(bytes: Uint8Array, request: ModuleRequest, meter: Meter, bound: Bound, carried: Carriable | undefined) {
    this.#bytes = bytes;
    this.#carriable = carried;
    this.#request = request;
    this.#meter = meter;
    this.#bound = bound;
  }

  async toEnd(module: WebAssembly.Module, now: () => number): Promise<RunEnd> {
    try {
      const started = now();
      const { imports, others } = this.#bound;
      const instance = new WebAssembly.Instance(module, {
        ...suspendable(imports, this.#meter),
        ...others,
        ...this.#meter.imports,
      });
      this.#exports = instance.exports;
      attachMemory(this.#bound.guest, this.#exports);
      this.instantiateMs = now() - started;
      const quiet = this.#quiet();
      const fuelBefore = this.#restore(quiet);
      const end = await this.#call();
      if (end.kind === 'returned' && this.#request.isCaptured === true)
        this.snapshot = quiet?.capture(fuelBefore + this.#meter.used);
      return end;
    } catch (error) {
      return this.#endOf(error);
    }
  }

  #quiet(): QuietInstance | undefined {
    if (this.#carriable === undefined) return undefined;
    const memory = Object.values({ ...this.#exports, ...this.#bound.others[memoryImport.module] }).find(
      (one) => one instanceof WebAssembly.Memory,
    );
    return new QuietInstance({ exports: this.#exports, memory }, this.#carriable, this.#bound.guest);
  }

  /** Fuel that was spent before the state that it goes on from. */
  #restore(quiet: QuietInstance | undefined): number {
    const { restore } = this.#request;
    return restore === undefined || quiet === undefined ? 0 : quiet.restore(restore);
  }

  /** What goes on from a snapshot has been started already. */
  async #call(): Promise<RunEnd> {
    const { invoke, args, restore } = this.#request;
    const values = invoke === undefined ? [] : valuesOf(this.#bytes, invoke, args.slice(1));
    if (restore === undefined) {
      await this.#export(fuelContract.start)?.();
      if (invoke !== undefined || this.#exports._start === undefined) await this.#export('_initialize')?.();
    }
    const called = this.#export(invoke ?? '_start');
    if (called === undefined) return { kind: 'returned', results: [] };
    const result = await called(...values);
    if (invoke === undefined) return { kind: 'exited', exitCode: 0 };
    const results = result === undefined ? [] : Array.isArray(result) ? result : [result];
    return { kind: 'returned', results: results.map(String) };
  }

  #export(name: string): Export | undefined {
    const found = this.#exports[name];
    return typeof found === 'function'
      ? (WebAssembly.promising(found as (...values: unknown[]) => unknown) as Export)
      : undefined;
  }

  #endOf(error: unknown): RunEnd {
    const { exit } = this.#bound.guest;
    if (exit !== undefined) return { kind: 'exited', exitCode: exit.exitCode };
    if (this.#meter.isOut) return { kind: 'out-of-fuel' };
    if (error instanceof UncapturableState)
      return { kind: 'refused', message: `no snapshot is made: ${error.message}` };
    if (error instanceof SnapshotError)
      return { kind: 'refused', message: `the snapshot does not fit: ${error.message}` };
    if (error instanceof InvocationError || error instanceof WebAssembly.LinkError) {
      return { kind: 'refused', message: error.message };
    }
    if (this.#meter.isTooDeep) return { kind: 'trapped', message: 'trap: its calls were nested too deeply' };
    const message = thrownText(error, this.#exports);
    const max = this.#request.memoryPagesMax * pageBytes;
    if (this.peakMemoryBytes <= max * (1 - exhaustedPart)) return { kind: 'trapped', message };
    return {
      kind: 'out-of-memory',
      message: `${message}, with ${this.peakMemoryBytes} of ${max} bytes of memory taken`,
    };
  }

  get peakMemoryBytes(): number {
    return memoryBytes(this.#exports, this.#bound.others);
  }
}

/** Runs a module to its end. `world` is made with what keeps the program from running on after proc_exit; `now` in milliseconds. */
export async function runModule(
  bytes: Uint8Array,
  request: ModuleRequest,
  worldOf: (leave: GuestWorld['leave']) => GuestWorld,
  now: () => number,
): Promise<ModuleRun> {
  const message = refusal(bytes, request);
  if (message !== undefined) return { ...nothingRan, end: { kind: 'refused', message } };
  const started = now();
  let metered: Uint8Array;
  let module: WebAssembly.Module;
  let carried: Carriable | undefined;
  try {
    metered = injectFuel(bytes, { memoryPagesMax: request.memoryPagesMax, tableElementsMax });
    if (isCarried(request)) carried = carriable(bytes, metered, request.memoryPagesMax);
    metered = carried?.module ?? metered;
    module = new WebAssembly.Module(metered);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) return { ...nothingRan, end: unmeterable(error) };
    return { ...nothingRan, end: { kind: 'refused', message: `it does not compile: ${error.message}` } };
  }
  const compileMs = now() - started;
  const meter = new Meter(request.fuelMax);
  const bound = bind(module, metered, worldOf(meter.leave));
  const run = new Run(bytes, request, meter, bound, carried);
  try {
    const end = await run.toEnd(module, now);
    const { peakMemoryBytes, instantiateMs, snapshot } = run;
    const took = { fuel: meter.used, peakMemoryBytes, compileMs, instantiateMs };
    return { end, ...took, ...(snapshot === undefined ? {} : { snapshot }) };
  } finally {
    bound.guest.close();
  }
}
